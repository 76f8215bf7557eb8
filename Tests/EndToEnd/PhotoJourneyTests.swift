import Foundation
import NIOHTTP1
import Testing

/// The main job, through every real part.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PhotoJourneyTests {
    @Test func aPhotoGoesInAndAnEmotionComesOutToItsOwnerAlone() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let id = try await ada.submit(Installation.astronaut(), name: "astronaut.jpg")
            let result = try await ada.result(id)
            #expect(result.status == "finished", "\(String(describing: result.error))")
            let face = try #require(result.faces.first)
            #expect(result.faces.count == 1)
            #expect(face.emotion == "happy")
            #expect(face.probabilities.count == 7)
            #expect(abs(face.probabilities.values.reduce(0, +) - 1) < 0.01)
            #expect(face.confidence == face.probabilities.values.max())
            #expect(Set(face.box.keys) == ["x", "y", "width", "height"])
            #expect(result.model?["version"] != nil)
            #expect(result.timings_ms["detect"] != nil)
            for picture in ["annotated", "clean", "thumbnail"] {
                let answer = try await ada.send(.GET, "/analyses/\(id)/\(picture).jpg")
                #expect(answer.status == 200)
                #expect(answer.body.prefix(3) == [0xFF, 0xD8, 0xFF])
            }
            #expect(try await ada.send(.GET, "/analyses/\(id)").text.contains("appears happy"))

            let eve = Visitor(mien.url)
            try await eve.register("Eve")
            for path in ["", ".json", "/annotated.jpg", "/clean.jpg", "/thumbnail.jpg"] {
                #expect(try await eve.send(.GET, "/analyses/\(id)\(path)").status == 404)
            }
            #expect(try await Visitor(mien.url).send(.GET, "/analyses/\(id).json").status == 404)
            #expect(try await Visitor(mien.url).send(.GET, "/analyses/\(id)").location?.hasPrefix("/login") == true)
        }
    }

    @Test func theFullPictureIsDrawnWhenItIsAskedForAndTheMapIsThereAtOnce() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let id = try await ada.submit(Installation.astronaut(), name: "astronaut.jpg")
            #expect(try await ada.result(id).status == "finished")
            let why = try await ada.send(.GET, "/analyses/\(id)/faces/1/why.png")
            #expect(why.status == 200 && why.body.prefix(4) == [0x89, 0x50, 0x4E, 0x47])
            #expect(try await ada.send(.GET, "/analyses/\(id).json").text.contains("\"activation\""))
            var answer = try await ada.send(.GET, "/analyses/\(id)/full.jpg?wait=20")
            for _ in 0..<3 where answer.status == 202 {
                answer = try await ada.send(.GET, "/analyses/\(id)/full.jpg?wait=20")
            }
            #expect(answer.status == 200 && answer.body.prefix(3) == [0xFF, 0xD8, 0xFF])
            #expect(answer.body.count > 100_000)
            // It changes nothing of the result.
            #expect(try await mien.count("finished") == 1)
            #expect(try await ada.result(id).status == "finished")
        }
    }

    @Test func picturesDoNotGoThroughTheBroker() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let photo = try Installation.astronaut()
            // The first photo makes the topics.
            #expect(try await ada.result(ada.submit(photo)).status == "finished")
            var id = ""
            let bytes = try await mien.bytesThroughBroker {
                id = try await ada.submit(photo)
                return id
            }
            #expect(try await ada.result(id).status == "finished")
            var pictures = 0
            for picture in ["annotated", "clean", "thumbnail"] {
                pictures += try await ada.send(.GET, "/analyses/\(id)/\(picture).jpg").body.count
            }
            print("Bytes through the broker: \(bytes); of the pictures beside it: \(pictures)")
            #expect(bytes.values.reduce(0, +) < 4_096)
            #expect(pictures > 16_384)
            #expect(try await mien.count("finished") == 2)
        }
    }

    /// A result has 16 kB at most, and a hundred faces with all of their maps would take more.
    @Test func aCrowdsResultKeepsEveryFaceWithinItsSize() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            // The first photo makes the topics.
            #expect(try await ada.result(ada.submit(Installation.astronaut())).status == "finished")
            let crowd = try Self.crowd(in: mien.directory)
            var id = ""
            let bytes = try await mien.bytesThroughBroker {
                id = try await ada.submit(crowd)
                return id
            }
            let result = try await ada.result(id)
            #expect(result.status == "finished", "\(String(describing: result.error))")
            #expect(result.faces.count == 100)
            for face in result.faces {
                #expect(face.probabilities.count == 7 && abs(face.probabilities.values.reduce(0, +) - 1) < 0.01)
            }
            let size = try #require(bytes["mien.results"])
            print("Bytes of a result with a hundred faces: \(size)")
            #expect((8_192...16_384).contains(size))
            let maps = try await ada.send(.GET, "/analyses/\(id).json").text.matches(of: /"activation"/).count
            #expect((1..<100).contains(maps), "\(maps) faces have a map")
        }
    }

    /// A photo of 120 times the astronaut's face.
    private static func crowd(in directory: URL) throws -> [UInt8] {
        let astronaut = Installation.root.appending(path: "Tests/Fixtures/astronaut.jpg").path
        let (face, small, photo) = (
            directory.appending(path: "face.v").path, directory.appending(path: "small.v").path,
            directory.appending(path: "crowd.jpg").path
        )
        for arguments in [
            ["extract_area", astronaut, face, "110", "20", "230", "230"], ["thumbnail", face, small, "160"],
            ["replicate", small, "\(photo)[Q=85]", "12", "10"],
        ] {
            let vips = Process()
            vips.executableURL = URL(filePath: "/usr/bin/env")
            vips.arguments = ["vips"] + arguments
            try vips.run()
            vips.waitUntilExit()
            try #require(vips.terminationStatus == 0, "vips \(arguments.joined(separator: " "))")
        }
        return try [UInt8](Data(contentsOf: URL(filePath: photo)))
    }

    @Test func topicsHaveTheirPartitionsAfterTheFirstPhoto() async throws {
        try await Installation.with(settings: ["MIEN_KAFKA_PARTITIONS": "6"]) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            #expect(try await ada.result(ada.submit(Installation.astronaut())).status == "finished")
            let topics = try await mien.partitions()
            for name in ["mien.jobs.interactive", "mien.jobs.bulk", "mien.results"] {
                #expect(topics[name] == 6)
            }
        }
    }

    @Test func aLargeUploadIsAskedForAtOnce() async throws {
        try await Installation.with { mien in
            let headers = mien.directory.appending(path: "headers").path
            let curl = Process()
            curl.executableURL = URL(filePath: "/usr/bin/curl")
            curl.arguments = [
                "--silent", "--noproxy", "*", "--max-time", "30", "--output", "/dev/null", "--dump-header", headers,
                "--header", "Expect: 100-continue", "--form", "photo=@/proc/self/exe", mien.url + "/analyses",
            ]
            try curl.run()
            curl.waitUntilExit()
            #expect(curl.terminationStatus == 0)
            #expect(try String(contentsOfFile: headers, encoding: .utf8).hasPrefix("HTTP/1.1 100 Continue"))
        }
    }

    @Test func whatIsDoneIsDeletedFromTheBroker() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let photo = try Installation.astronaut()
            for _ in 0..<3 {
                let id = try await ada.submit(photo)
                #expect(try await ada.result(id).status == "finished")
            }
            for topic in ["mien.jobs.interactive", "mien.results"] {
                try await eventually("\(topic) is empty") { try await mien.messages(on: topic) == 0 }
            }
        }
    }

    @Test func badFilesEachGetAClearMessageAndTheServiceGoesOn() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let refused: [(name: String, bytes: [UInt8], status: UInt, message: String)] = [
                (
                    "notes.jpg", Array("These are just words.".utf8), 415,
                    "Text files are not accepted. Use JPEG, PNG or WebP."
                ),
                ("empty.jpg", [], 422, "The file is empty."),
                (
                    "large.jpg", [0xFF, 0xD8, 0xFF] + [UInt8](repeating: 0, count: 20 << 20), 413,
                    "The file is larger than 10 MB"
                ),
                (
                    "holiday.heic", Array("\0\0\0\u{18}ftypheic".utf8), 415,
                    "HEIC photos are not accepted."
                ),
            ]
            for file in refused {
                let answer = try await ada.upload([(file.name, file.bytes)])
                #expect(answer.status == file.status)
                let words = answer.text.replacing(/<[^>]+>/, with: "")
                #expect(words.contains("\(file.name): \(file.message)"), "\(words)")
                let json = try await ada.upload([(file.name, file.bytes)], json: true)
                #expect(json.status == file.status)
                #expect(
                    json.text.contains("\"\(file.message)") && json.text.contains("\"\(file.name)\""), "\(json.text)")
            }
            #expect(try await ada.upload([]).status == 422)

            let astronaut = try Installation.astronaut()
            let truncated = try await ada.result(ada.submit(Array(astronaut.prefix(astronaut.count / 10))))
            #expect(truncated.error?.code == "damaged")
            #expect(truncated.error?.message.contains("% of the photo is missing") == true)
            let bomb = try await ada.result(
                ada.submit(Self.pngClaiming(width: 30_000, height: 30_000), name: "bomb.png"))
            #expect(bomb.error?.code == "too_many_pixels", "\(bomb)")
            for failed in [truncated, bomb] {
                #expect(failed.status == "failed")
                #expect(failed.error?.message.isEmpty == false)
                #expect(try await ada.send(.GET, "/analyses/\(failed.id)").status == 200)
            }
            #expect(try await ada.result(ada.submit(astronaut)).status == "finished")
        }
    }

    @Test func phonesOwnFormatsAreTakenWhereTheOperatorSaysSo() async throws {
        try await Installation.with(settings: ["MIEN_ACCEPT_HEIC": "yes"]) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            for name in ["halves.heic", "halves.avif"] {
                let id = try await ada.submit(Installation.fixture("pictures/\(name)"), name: name)
                let result = try await ada.result(id)
                #expect(result.status == "finished", "\(result)")
                #expect(try await ada.send(.GET, "/analyses/\(id)/clean.jpg").status == 200)
            }
            let refused = try await ada.upload([("film.heic", Array("\0\0\0\u{18}ftyphevc".utf8))], json: true)
            #expect(refused.text.contains("HEIC sequences are not accepted. Use JPEG, PNG, WebP, HEIC or AVIF."))
        }
    }

    @Test func severalPhotosInOneFormAreEachTakenOrRefusedForThemselves() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let astronaut = try Installation.astronaut()
            let answer = try await ada.upload(
                [("one.jpg", astronaut), ("two.txt", Array("words".utf8)), ("three.jpg", astronaut)], json: true)
            struct Document: Decodable {
                let analyses: [[String: String]]
                let refused: [[String: String]]
            }
            let document = try answer.decode(Document.self)
            #expect(answer.status == 202)
            #expect(document.refused.map { $0["file"] } == ["two.txt"])
            #expect(document.analyses.count == 2)
            for analysis in document.analyses {
                #expect(try await ada.result(#require(analysis["id"])).status == "finished")
            }
        }
    }

    /// The beginning of a PNG whose header claims a huge picture.
    static func pngClaiming(width: UInt32, height: UInt32) -> [UInt8] {
        func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(type.utf8) + data
            return bytes(UInt32(data.count)) + body + bytes(crc32(body))
        }
        func crc32(_ data: [UInt8]) -> UInt32 {
            ~data.reduce(~UInt32(0)) { crc, byte in
                (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
                    value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
                }
            }
        }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", bytes(width) + bytes(height) + [8, 2, 0, 0, 0])
            + chunk("IDAT", [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]) + chunk("IEND", [])
    }
}
