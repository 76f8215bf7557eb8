import Contracts
import Foundation
import SwiftProtobuf
import Testing

@Suite struct Messages {
    @Test func aJobReadsBackAsItWasWritten() throws {
        let read = try JobMessage.decode(Sample.job.encode())
        var expected = Sample.job
        expected.version = 1
        #expect(read == expected)
    }

    @Test func aJobSaysWhatIsToBeDone() throws {
        #expect(try JobMessage.decode(Sample.job.encode()).task == .unspecified)
        var job = Sample.job
        for task in [Mien_V1_Task.draw, .annotate] {
            job.task = task
            #expect(try JobMessage.decode(job.encode()).task == task)
        }
        job.task = .UNRECOGNIZED(7)
        #expect(try JobMessage.decode(job.encode()).task == .UNRECOGNIZED(7))
    }

    @Test func aDrawingReadsBackAsItWasWrittenAndIsChecked() throws {
        var drawing = Mien_V1_Drawing()
        drawing.photo = Sample.jpeg
        drawing.rotation = 270
        drawing.faces = [Sample.face, Sample.face, Sample.face]
        (drawing.faces[1].said, drawing.faces[2].said) = ("sad", "cannot_tell")
        #expect(try Mien_V1_Drawing.decode(drawing.encode()) == drawing && !drawing.isOnCleanPicture)
        (drawing.width, drawing.height) = (4_000, 3_000)
        #expect(try Mien_V1_Drawing.decode(drawing.encode()) == drawing && drawing.isOnCleanPicture)
        let faults: [(inout Mien_V1_Drawing) -> Void] = [
            { $0.rotation = 45 }, { $0.faces[0].box.width = .nan }, { $0.faces[0].said = "bored" },
            { $0.faces = Array(repeating: Sample.face, count: 151) }, { $0.width = 0 }, { $0.height = 50_000_001 },
        ]
        for fault in faults {
            var bad = drawing
            fault(&bad)
            #expect(throws: ContractError.self) { try bad.encode() }
            let bytes: [UInt8] = try bad.serializedBytes()
            #expect(throws: ContractError.self) { try Mien_V1_Drawing.decode(bytes) }
        }
    }

    @Test(arguments: [true, false]) func aResultReadsBackAsItWasWritten(_ finished: Bool) throws {
        let result = Sample.result(finished ? .analysis(Sample.analysis) : .failure(Sample.failure))
        let read = try ResultMessage.decode(result.encode())
        var expected = result
        expected.version = 1
        #expect(read == expected)
    }

    @Test func aHeartbeatReadsBackAsItWasWritten() throws {
        let read = try WorkerHeartbeat.decode(Sample.heartbeat.encode())
        var expected = Sample.heartbeat
        expected.version = 1
        #expect(read == expected)
        #expect(read.state.name == "ready")
    }

    @Test func aHeartbeatInAStateOfALaterReleaseIsRead() throws {
        var heartbeat = Sample.heartbeat
        heartbeat.state = .UNRECOGNIZED(77)
        heartbeat.clearModel()
        heartbeat.pid = 0
        let read = try WorkerHeartbeat.decode(heartbeat.encode())
        #expect(read.state.name == "unknown")
        #expect(!read.hasModel)
    }

    @Test func aPhotoWithoutFacesIsAResult() throws {
        var analysis = Sample.analysis
        analysis.faces = []
        #expect(try ResultMessage.decode(Sample.result(.analysis(analysis)).encode()).analysis.faces.isEmpty)
    }

    @Test func unknownFieldsAreIgnored() throws {
        // Field 1000, length-delimited, "later"; and field 1001, a varint: what a newer sender of version 1 may add.
        let later: [UInt8] = [0xC2, 0x3E, 5] + Array("later".utf8) + [0xC8, 0x3E, 42]
        let job = try JobMessage.decode(Sample.job.encode() + later)
        #expect(job.requestID == Sample.job.requestID)
        let result = try ResultMessage.decode(Sample.result(.failure(Sample.failure)).encode() + later)
        #expect(result.failure == Sample.failure)
    }

    @Test func aMessageWithoutVersionIsReadAsTheFirst() throws {
        let bytes: [UInt8] = try Sample.job.serializedBytes()
        #expect(try JobMessage.decode(bytes).version == 0)
    }

    @Test func aNewerVersionIsRefusedAsSuch() throws {
        var job = Sample.job
        job.version = 2
        let bytes: [UInt8] = try job.serializedBytes()
        let error = try #require(throws: ContractError.self) { try JobMessage.decode(bytes) }
        #expect(error.code == .unsupportedVersion)
        #expect(error.isRetriable == false)

        var result = Sample.result(.failure(Sample.failure))
        result.version = 7
        let resultBytes: [UInt8] = try result.serializedBytes()
        let refusal = try #require(throws: ContractError.self) { try ResultMessage.decode(resultBytes) }
        #expect(refusal.code == .unsupportedVersion)
    }

    @Test func whatIsTooLargeForItsTopicIsNeitherWrittenNorRead() throws {
        var analysis = Sample.analysis
        analysis.annotated = Sample.jpeg + Data(count: ResultMessage.maximumBytes)
        let result = Sample.result(.analysis(analysis))
        #expect(try #require(throws: ContractError.self) { try result.encode() }.code == .tooLarge)
        let bytes: [UInt8] = try result.serializedBytes()
        #expect(try #require(throws: ContractError.self) { try ResultMessage.decode(bytes) }.code == .tooLarge)
    }

    @Test func aResultWithoutPicturesIsReadAndSmallEvenWithAHundredFaces() throws {
        var analysis = Sample.analysis
        analysis.removePictures()
        analysis.faces = (1...Mien_V1_Analysis.maximumFaces).map { number in
            var face = Sample.face
            face.number = UInt32(number)
            face.notSure = true
            face.notes = ["small", "turned", "covered", "dark", "blurred"]
            return face
        }
        analysis.timings = Array(repeating: analysis.timings[0], count: 8)
        var result = Sample.result(.analysis(analysis))
        #expect(throws: ContractError.self) { try result.encode() }
        // The maps of the smallest faces are left out, and nothing else.
        result.fit()
        let read = try ResultMessage.decode(result.encode())
        #expect(read.analysis.isHandedOver && read.analysis.faces.count == 100)
        let mapped = read.analysis.faces.filter(\.hasActivation).map(\.number)
        #expect(mapped == Array(1...UInt32(mapped.count)) && mapped.count < 100)
        #expect(read.analysis.faces.allSatisfy { $0.notes.count == 5 && $0.landmarks.count == 5 })
        let bytes = try result.encode().count
        #expect(ResultMessage.maximumBytesWithoutPictures - bytes < 128)
        let carried = try ResultMessage.decode(Sample.result(.analysis(Sample.analysis)).encode())
        #expect(!carried.analysis.isHandedOver)
    }

    @Test func whatHasRoomKeepsItsMapsAndTheyAreSmall() throws {
        var analysis = Sample.analysis
        analysis.removePictures()
        analysis.faces = (1...60).map { number in
            var face = Sample.face
            face.number = UInt32(number)
            return face
        }
        var result = Sample.result(.analysis(analysis))
        let before = result
        result.fit()
        #expect(result == before)
        let with = try result.encode().count
        for index in result.analysis.faces.indices { result.analysis.faces[index].clearActivation() }
        #expect(try with - result.encode().count <= 60 * 70)
        var failed = Sample.result(.failure(Sample.failure))
        failed.fit()
        #expect(failed == Sample.result(.failure(Sample.failure)))
    }

    /// Field 8 of a face is skipped by gateways from before it, and is missing from workers from before it.
    @Test func aFaceWithoutAMapIsReadAsBefore() throws {
        var analysis = Sample.analysis
        analysis.faces[0].clearActivation()
        let read = try ResultMessage.decode(Sample.result(.analysis(analysis)).encode())
        #expect(read.analysis.faces.count == 1 && !read.analysis.faces[0].hasActivation)
    }

    @Test func aResultWithoutPicturesHasALimitOfItsOwn() throws {
        var analysis = Sample.analysis
        analysis.faces = (1...Mien_V1_Analysis.maximumFaces).map { number in
            var face = Sample.face
            face.number = UInt32(number)
            face.notes = Array(repeating: "a_note_that_is_long_enough_for_this", count: 16)
            return face
        }
        _ = try Sample.result(.analysis(analysis)).encode()
        analysis.removePictures()
        let result = Sample.result(.analysis(analysis))
        #expect(try #require(throws: ContractError.self) { try result.encode() }.code == .tooLarge)
        let bytes: [UInt8] = try result.serializedBytes()
        #expect(try #require(throws: ContractError.self) { try ResultMessage.decode(bytes) }.code == .tooLarge)
    }

    @Test func picturesAreWholeJPEGsWithinTheirLimits() throws {
        let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 7, 0xFF, 0xD9]
        let good = Pictures([.annotated: jpeg, .clean: jpeg, .thumbnail: jpeg])
        try good.validate()
        for kind in Pictures.Kind.allCases {
            let long = Array(jpeg.dropLast(2)) + [UInt8](repeating: 7, count: kind.maximumBytes) + [0xFF, 0xD9]
            for bytes in [[], Array(jpeg.dropLast()), Array(jpeg.dropFirst()), long] {
                // The annotated one is drawn when it is asked for.
                if bytes.isEmpty, kind == .annotated { continue }
                var pictures = good
                pictures[kind] = bytes
                #expect(throws: ContractError.self) { try pictures.validate() }
            }
        }
        let usual = Pictures([.clean: jpeg, .thumbnail: jpeg])
        try usual.validate()
        #expect(usual.kinds == [.clean, .thumbnail] && good.kinds == Pictures.Kind.allCases)
    }

    @Test func errorsNameTheFieldButNotItsValue() throws {
        var job = Sample.job
        job.ticket = String(repeating: "secret", count: 200)
        let error = try #require(throws: ContractError.self) { try job.encode() }
        #expect(error.reason.contains("ticket"))
        #expect(!"\(error) \(error.debugDescription)".contains("secret"))
    }

    @Test func topicsBeginWithTheirPrefix() {
        let names = "mien.jobs.interactive mien.jobs.bulk mien.results mien.jobs.dead mien.results.dead mien.workers"
        #expect(Topics().all.joined(separator: " ") == names)
        #expect(Topics(prefix: "two-").jobs(.bulk) == "two-jobs.bulk")
        #expect(Topics().jobs(.interactive) == "mien.jobs.interactive")
    }

    @Test func lanesAreNamedAsInTheDatabase() {
        #expect(Lane.interactive.name == "interactive")
        #expect(Lane.bulk.name == "bulk")
        #expect(Lane.UNRECOGNIZED(9).name == nil)
    }

    @Test func theTopEmotionIsTheFirstOfEquals() {
        var face = Sample.face
        #expect(face.emotion == .happy)
        #expect(face.confidence == 0.6)
        face.probabilities = [0, 0, 0.5, 0, 0.5, 0, 0]
        #expect(face.emotion == .fear)
        let order = "angry disgust fear happy sad surprise neutral"
        #expect(Emotion.allCases.map(\.rawValue).joined(separator: " ") == order)
    }
}
