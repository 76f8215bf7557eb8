import Contracts
import Foundation
import Imaging
import Testing

@testable import Vision

/// With the brightness model of Fixtures/make_model.py, a crop's mean grey tells its class beforehand.
@Suite(.serialized) struct PipelineTests {
    @Test func aPortraitShowsItsOneFace() async throws {
        let analysis = try await Fixtures.pipeline().analyse(Fixtures.astronaut())
        #expect((analysis.width, analysis.height) == (512, 512))
        #expect(analysis.faces.count == 1 && !analysis.facesCut && !analysis.faceCrop)
        let face = try #require(analysis.faces.first)
        #expect(face.number == 1 && face.landmarks.count == 5 && face.detectorScore > 0.5)
        // Her face spans about 180…270 by 62…176.
        let seen = FaceBox(x: 180, y: 62, width: 89, height: 114)
        #expect(face.box.intersectionOverUnion(seen) > 0.7)
        #expect(abs(face.probabilities.reduce(0, +) - 1) < 0.001)
        #expect(face.confidence == face.probabilities[face.emotion.index])
        #expect(analysis.timings.map(\.stage) == ["decode", "detect", "crop", "classify", "preview"])
    }

    @Test func previewsAreCleanJPEGsWithinTheirBudgets() async throws {
        let analysis = try await Fixtures.pipeline().analyse(Fixtures.astronaut())
        let clean = try Photo(analysis.clean).decode(longSide: 1600)
        #expect((clean.width, clean.height) == (analysis.previewWidth, analysis.previewHeight))
        #expect(try clean.difference(from: Photo(Fixtures.astronaut()).decode(longSide: 512)) < 4)
        #expect(try Photo(analysis.thumbnail).longSide == 320)
        #expect(analysis.clean.count < 425_000 && analysis.thumbnail.count < 40_000)
    }

    @Test func aTurnedPhotoIsAnalysedUpright() async throws {
        let jpeg = try Fixtures.astronaut()
        // Orientation 6 shows the stored picture turned by 90°, which hides the face from the detector; 8 of a
        // picture that lies on its right side shows it upright. Here only the sizes are told apart from the pixels.
        let exif: [UInt8] =
            Array("Exif".utf8) + [0, 0] + Array("MM".utf8)
            + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0]
        let mirrored =
            jpeg.prefix(2) + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + jpeg.dropFirst(2)
        let face = try #require(try await Fixtures.pipeline().analyse(Array(mirrored)).faces.first)
        #expect(face.box.intersectionOverUnion(FaceBox(x: 512 - 269, y: 62, width: 89, height: 114)) > 0.7)
    }

    @Test func aFaceThatTheEdgeCutsHasABoxInsideOfThePhoto() async throws {
        let photo = try Photo(Fixtures.astronaut()).decode(longSide: 512)
        // Her face spans about 180…270 by 62…176: cut through an ear on either side, and at the chin.
        for area in [
            PixelRect(x: 195, y: 0, width: 300, height: 400), PixelRect(x: 0, y: 0, width: 255, height: 400),
            PixelRect(x: 80, y: 0, width: 300, height: 160),
        ] {
            let part = try photo.extracting(area).resized(longSide: 1600)
            let analysis = try await Fixtures.pipeline().analyse(part.jpeg(quality: 92))
            #expect(analysis.faces.count == 1)
            for face in analysis.faces {
                #expect(face.box.x >= 0 && face.box.y >= 0 && face.box.width > 0 && face.box.height > 0)
                #expect(face.box.x + face.box.width <= Float(analysis.width))
                #expect(face.box.y + face.box.height <= Float(analysis.height))
            }
        }
    }

    @Test func manyFacesAreListedLargestFirstAndCutAtTheLimit() async throws {
        let head = try Photo(Fixtures.astronaut()).decode(longSide: 512)
            .extracting(PixelRect(x: 130, y: 10, width: 190, height: 200))
        let small = try head.resized(width: 95, height: 100)
        var places: [(Int, Int)] = []
        for row in 0..<3 { for column in 0..<4 { places.append((20 + column * 150, 20 + row * 140)) } }
        let collage = try Fixtures.collage(of: small, at: places, width: 640, height: 480)
        let all = try await Fixtures.pipeline().analyse(collage.jpeg(quality: 92))
        #expect(all.faces.count == 12 && !all.facesCut)
        #expect(all.faces.map(\.number) == Array(1...12))
        let areas = all.faces.map { $0.box.width * $0.box.height }
        #expect(areas == areas.sorted(by: >))
        let few = try await Fixtures.pipeline(limits: .init(maxFaces: 5)).analyse(collage.jpeg(quality: 92))
        #expect(few.faces.count == 5 && few.facesCut)
    }

    @Test func smallFacesOfALargePhotoAreFoundAndNotCountedTwice() async throws {
        let head = try Photo(Fixtures.astronaut()).decode(longSide: 512)
            .extracting(PixelRect(x: 130, y: 10, width: 190, height: 200))
        // Face heights: 57 px of 2400, that is 15 in the first pass and 28 in the second; and one of 114.
        let small = try head.resized(width: 95, height: 100)
        var places: [(Int, Int)] = []
        for row in 0..<4 { for column in 0..<6 { places.append((60 + column * 390, 40 + row * 430)) } }
        let collage = try Fixtures.collage(of: small, at: places, width: 2400, height: 1800)
        let analysis = try await Fixtures.pipeline().analyse(collage.jpeg(quality: 92))
        #expect((analysis.width, analysis.height) == (2400, 1800))
        #expect(analysis.faces.count == 24)
        for (left, top) in places {
            let inside = analysis.faces.filter {
                $0.box.x > Float(left) - 10 && $0.box.x < Float(left + 95) && $0.box.y > Float(top) - 10
                    && $0.box.y < Float(top + 100)
            }
            #expect(inside.count == 1)
        }
        #expect(max(analysis.previewWidth, analysis.previewHeight) == 1600)
    }

    @Test func aCrowdOfALargePhotoIsLookedAtInItsOwnSize() async throws {
        let head = try Photo(Fixtures.astronaut()).decode(longSide: 512)
            .extracting(PixelRect(x: 130, y: 10, width: 190, height: 200))
        // Face heights: 57 pixels of 4000 make a crowd at 22 of 1579; those of 29 pixels are 11 there, and lost.
        let (large, small) = (try head.resized(width: 95, height: 100), try head.resized(width: 48, height: 51))
        var crowd: [(Int, Int)] = []
        var lost: [(Int, Int)] = []
        for row in 0..<4 {
            for column in 0..<5 {
                crowd.append((100 + column * 780, 100 + row * 740))
                lost.append((480 + column * 780, 420 + row * 740))
            }
        }
        let ground = try Fixtures.collage(of: large, at: crowd, width: 4000, height: 3000)
        let photo = try Fixtures.collage(of: small, at: lost.filter { $0.0 < 3900 }, onto: ground)
        let analysis = try await Fixtures.pipeline().analyse(photo.jpeg(quality: 92))
        #expect(analysis.faces.count == 40)
        #expect(analysis.faces.prefix(20).allSatisfy { $0.box.height > 45 })
        #expect(analysis.faces.suffix(20).allSatisfy { $0.box.height < 40 && $0.notes.contains("small") })
    }

    @Test(arguments: [(85, Emotion.fear), (128, .happy), (165, .sad)] as [(Double, Emotion)])
    func aCropOfAFaceThatIsTooTightIsTakenWholeAndNeverSurely(level: Double, emotion: Emotion) async throws {
        let crop = try Fixtures.tightCrop(factor: level / Fixtures.tightCrop().mean())
        let analysis = try await Fixtures.pipeline().analyse(crop.jpeg(quality: 95))
        #expect(analysis.faceCrop)
        let face = try #require(analysis.faces.first)
        #expect(face.emotion == emotion && face.landmarks.isEmpty && face.detectorScore == 0 && face.notSure)
        #expect(face.box == FaceBox(x: 0, y: 0, width: 48, height: 48))
        #expect(max(analysis.previewWidth, analysis.previewHeight) >= 320)
    }

    @Test func aSmallPictureThatIsNoFaceGetsNoLook() async throws {
        var random = SystemRandomNumberGenerator()
        let side = 64
        let pictures = [
            try Fixtures.plain(0, width: side, height: side), try Fixtures.plain(128, width: 48, height: 48),
            try Fixtures.plain(255, width: 128, height: 128),
            try Fixtures.picture(width: side, height: side) { x, y in x == y ? [230, 220, 20] : [0, 0, 0] },
            try Fixtures.picture(width: side, height: side) { x, _ in [UInt8](repeating: UInt8(x * 4), count: 3) },
            try Fixtures.picture(width: side, height: side) { x, y in
                (x - 32) * (x - 32) + (y - 32) * (y - 32) < 500 ? [200, 30, 40] : [250, 250, 250]
            },
            try Fixtures.picture(width: 48, height: 48) { _, _ in
                (0..<3).map { _ in UInt8.random(in: 0...255, using: &random) }
            },
        ]
        let pipeline = try await Fixtures.pipeline()
        for picture in pictures {
            let analysis = try await pipeline.analyse(picture.jpeg(quality: 95))
            #expect(analysis.faces.isEmpty && !analysis.faceCrop)
        }
    }

    @Test func aPhotoWithoutAFaceIsAResult() async throws {
        let bytes = try Fixtures.plain(140, width: 300, height: 300).jpeg(quality: 90)
        let analysis = try await Fixtures.pipeline().analyse(bytes)
        #expect(analysis.faces.isEmpty && !analysis.faceCrop)
        #expect(try Photo(analysis.clean).longSide >= 300)
    }

    @Test func unsureAnswersAreMarkedByTheCardsThreshold() async throws {
        // Between two classes' centres both get half, on a centre one gets 0.89; the card says 0.7.
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-model-\(UUID())")
        try FileManager.default.copyItem(at: Fixtures.model, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let card = folder.appending(path: "card.json")
        let text = try String(contentsOf: card, encoding: .utf8)
        try text.replacing("\"not_sure\": 0.5", with: "\"not_sure\": 0.7").write(
            to: card, atomically: true, encoding: .utf8)
        let pipeline = try await Fixtures.pipeline(model: folder)
        let photo = try Photo(Fixtures.astronaut()).decode(longSide: 512)
        let square = try #require(try await pipeline.analyse(photo.jpeg(quality: 95)).faces.first).square
        let pixels = try FaceCrop(square, of: photo).pixels
        let mean = Double(pixels.reduce(0) { $0 + Int($1) }) / Double(pixels.count)
        let between = try await pipeline.analyse(photo.brightened(106 / mean).jpeg(quality: 95))
        let clear = try await pipeline.analyse(photo.brightened(128 / mean).jpeg(quality: 95))
        #expect(between.faces.first?.notSure == true)
        #expect(clear.faces.first?.notSure == false)
    }

    @Test func cropsAreClassifiedInOrderWhateverTheirCount() async throws {
        let pipeline = try await Fixtures.pipeline()
        let levels: [UInt8] = [0, 42, 85, 128, 170, 212, 255, 0, 255, 128, 42]
        for count in [1, 2, 3, 4, 8, 9, 11] {
            let answers = try await pipeline.classify(
                crops: levels.prefix(count).map { [UInt8](repeating: $0, count: 2304) })
            let classes = answers.map { row in row.indices.max { row[$0] < row[$1] } }
            #expect(classes == levels.prefix(count).map { Int((Double($0) / 42.5).rounded()) })
        }
        #expect(try await pipeline.classify(crops: []).isEmpty)
        await #expect(throws: VisionError.self) { try await pipeline.classify(crops: [[1, 2, 3]]) }
    }

    @Test func whatIsNoPhotoIsRefusedWithACodeAndASentence() async throws {
        let pipeline = try await Fixtures.pipeline(limits: .init(maxPixels: 300_000))
        let cases: [([UInt8], VisionError.Code)] = [
            ([], .damaged), (Array("hello".utf8), .unsupportedFormat),
            (try Array(Fixtures.astronaut().prefix(6_000)), .damaged),
            (try Fixtures.plain(9, width: 700, height: 700).jpeg(quality: 50), .tooManyPixels),
            (try Fixtures.plain(9, width: 1, height: 1).jpeg(quality: 50), .tooSmall),
            (try Fixtures.plain(9, width: 600, height: 20).jpeg(quality: 50), .tooSmall),
            (try Fixtures.plain(9, width: 600, height: 37).jpeg(quality: 50), .tooSlender),
            (try Fixtures.plain(9, width: 30, height: 9_000).jpeg(quality: 50), .tooSlender),
        ]
        for (bytes, code) in cases {
            let error = await #expect(throws: VisionError.self) { try await pipeline.analyse(bytes) }
            #expect(error?.code == code)
            #expect(error?.description.hasSuffix(".") == true)
        }
        #expect(try await pipeline.analyse(Fixtures.astronaut()).faces.count == 1)
        let panorama = try Fixtures.plain(9, width: 1_600, height: 100).jpeg(quality: 50)
        #expect(try await pipeline.analyse(panorama).faces.isEmpty)
    }

    @Test func aPassedDeadlineIsReportedAsSuch() async throws {
        let pipeline = try await Fixtures.pipeline(limits: .init(processorTime: .zero))
        let error = await #expect(throws: VisionError.self) { try await pipeline.analyse(Fixtures.astronaut()) }
        #expect(error?.code == .timedOut && error?.isRetriable == false)
    }

    @Test func photosSentTogetherDoNotMixUp() async throws {
        let pipeline = try await Fixtures.pipeline()
        let portrait = try Fixtures.astronaut()
        let crop = try Fixtures.tightCrop().jpeg(quality: 95)
        try await withThrowingTaskGroup(of: (Bool, PhotoAnalysis).self) { group in
            for index in 0..<8 {
                let isPortrait = index % 2 == 0
                group.addTask { (isPortrait, try await pipeline.analyse(isPortrait ? portrait : crop)) }
            }
            for try await (isPortrait, analysis) in group {
                #expect(analysis.faces.count == 1)
                #expect(analysis.faceCrop == !isPortrait)
                #expect(analysis.width == (isPortrait ? 512 : 48))
            }
        }
    }

    @Test func aNoisyPhotoStaysWithinTheBudget() async throws {
        var state: UInt32 = 7
        let noise = try Fixtures.picture(width: 1600, height: 1200) { _, _ in
            (0..<3).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(state >> 24)
            }
        }
        let preview = try Preview(noise, turn: .none, deadline: .never)
        #expect(preview.clean.count < 425_000)
        #expect(preview.thumbnail.count < 40_000)
        #expect(preview.width * 3 == preview.height * 4)
    }
}
