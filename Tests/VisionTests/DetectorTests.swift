import Blocking
import Foundation
import Imaging
import Inference
import Testing

@testable import Vision

@Suite(.serialized) struct DetectorTests {
    /// Her head, with the face at about 89 × 114 of 190 × 200 pixels.
    private func head() throws -> Raster {
        try Photo(Fixtures.astronaut()).decode(longSide: 512)
            .extracting(PixelRect(x: 130, y: 10, width: 190, height: 200))
    }

    private static let faceBox = FaceBox(x: 50, y: 52, width: 89, height: 114)

    private func detector(mostFaces: Int = 100) throws -> FaceDetector {
        try FaceDetector(
            (Fixtures.detector, Fixtures.proposer), mostFaces: mostFaces, core: Core(),
            options: CompileOptions(precision: .f32), executor: BlockingExecutor(label: "test"))
    }

    private func find(_ raster: Raster) async throws -> [FaceCandidate] {
        try await detector().faces(in: raster, originalLongSide: raster.longSide, deadline: .never) { nil }
    }

    @Test func yuNetsGridsAreReadAsItsPaperSays() throws {
        let (columns, rows, stride) = (4, 3, 16)
        let cells = columns * rows
        let cell = 1 * columns + 2
        var face = [Float](repeating: 0.2, count: cells)
        var object = [Float](repeating: 0.2, count: cells)
        var box = [Float](repeating: 0, count: 4 * cells)
        var landmarks = [Float](repeating: 0, count: 10 * cells)
        (face[cell], object[cell]) = (0.9, 0.4)
        box.replaceSubrange(4 * cell..<4 * cell + 4, with: [0.5, 0.25, Float(log(2.0)), Float(log(3.0))])
        landmarks[10 * cell + 6] = 0.75
        landmarks[10 * cell + 7] = -0.5
        let found = try face.withUnsafeBufferPointer { face in
            try object.withUnsafeBufferPointer { object in
                try box.withUnsafeBufferPointer { box in
                    try landmarks.withUnsafeBufferPointer { landmarks in
                        try YuNet.decode(
                            .init(
                                stride: stride, columns: columns, rows: rows, face: face, object: object, box: box,
                                landmarks: landmarks), threshold: 0.5)
                    }
                }
            }
        }
        let one = try #require(found.first)
        #expect(found.count == 1 && abs(one.score - 0.6) < 0.001)
        // Centre: x = 16 · (2 + 0.5) = 40, y = 16 · (1 + 0.25) = 20; size 32 × 48.
        #expect(abs(one.box.x - 24) < 0.001 && abs(one.box.y + 4) < 0.001)
        #expect(abs(one.box.width - 32) < 0.001 && abs(one.box.height - 48) < 0.001)
        #expect(one.landmarks[3] == FacePoint(x: 44, y: 8) && one.landmarks[0] == FacePoint(x: 32, y: 16))
    }

    @Test func outputsThatDoNotFitTogetherAreABadModel() {
        let few = [Float](repeating: 1, count: 4)
        let error = #expect(throws: VisionError.self) {
            try few.withUnsafeBufferPointer { values in
                try YuNet.decode(
                    .init(
                        stride: 8, columns: 2, rows: 2, face: values, object: values, box: values,
                        landmarks: values), threshold: 0.5)
            }
        }
        #expect(error?.code == .badModel)
    }

    /// Face heights from the least that is promised to one that hardly fits into the photo.
    @Test(arguments: [24, 40, 90, 200, 400, 650])
    func aFaceOfAnySizeIsFoundOnceAndInItsPlace(height: Int) async throws {
        let factor = Double(height) / Double(Self.faceBox.height)
        let head = try head()
        let part = try head.resized(
            width: Int(Double(head.width) * factor), height: Int(Double(head.height) * factor))
        let side = max(700, part.longSide)
        let photo = try Fixtures.collage(of: part, at: [(0, 0)], width: side, height: side)
        let found = try await find(photo)
        #expect(found.count == 1)
        let expected = FaceCandidate(box: Self.faceBox, landmarks: [], score: 1).mapped(scale: Float(factor)).box
        #expect(try #require(found.first).box.intersectionOverUnion(expected) > 0.6)
    }

    @Test func aPhotoWithoutAFaceHasNone() async throws {
        #expect(try await find(Fixtures.plain(120, width: 900, height: 700)).isEmpty)
    }

    @Test func theJudgeRefusesWhatIsNoFaceAndKeepsWhatIs() async throws {
        let judge = try FaceJudge(
            Fixtures.detector, core: Core(), options: CompileOptions(precision: .f32),
            executor: BlockingExecutor(label: "test"))
        let photo = try Fixtures.collage(of: head(), at: [(40, 40)], width: 640, height: 480)
        let pyramid = PicturePyramid([.init(picture: photo, scale: 1)])
        let real = FaceCandidate(box: Self.faceBox, landmarks: [], score: 0.6).mapped(scale: 1, dx: 40, dy: 40)
        let ground = FaceCandidate(
            box: FaceBox(x: 450, y: 300, width: 60, height: 80), landmarks: [], score: 0.9)
        let judged = try await judge.judged([ground, real], in: pyramid, most: 100, deadline: .never)
        #expect(judged.count == 1)
        let kept = try #require(judged.first)
        #expect(kept.box.intersectionOverUnion(real.box) > 0.6 && kept.landmarks.count == 5)
        // The mean of 0.6 and of what CenterFace says, at most 1.
        #expect(kept.score > 0.6 && kept.score <= 0.8)
    }

    /// Six faces of 114 pixels over ten of about a third of that.
    @Test(arguments: [(most: 100, found: 16), (4, 6), (3, 6)])
    func facesTooSmallToBeListedInACrowdAreNotJudged(most: Int, found: Int) async throws {
        let head = try head()
        let small = try head.resized(width: 66, height: 70)
        let large = try Fixtures.collage(
            of: head, at: (0..<6).map { (20 + $0 * 200, 10) }, width: 1240, height: 400)
        let photo = try Fixtures.collage(of: small, at: (0..<10).map { (20 + $0 * 120, 280) }, onto: large)
        let faces = try await detector(mostFaces: most).faces(
            in: photo, originalLongSide: photo.longSide, deadline: .never
        ) { nil }
        #expect(faces.count == found)
        #expect(faces.count { $0.box.height > 80 } == 6, "the listed ones are among the highest")
    }

    /// Each is looked at in a quarter of a window.
    @Test func theFacesOfACrowdThatStandApartAreFoundInTheirPlaces() async throws {
        let part = try head().resized(width: 95, height: 100)
        let places = (0..<48).map { (20 + $0 % 8 * 190, 15 + $0 / 8 * 190) }
        let found = try await find(Fixtures.collage(of: part, at: places, width: 1_540, height: 1_160))
        #expect(found.count == places.count)
        for (x, y) in places {
            let face = FaceCandidate(box: Self.faceBox, landmarks: [], score: 1)
            let expected = face.mapped(scale: 0.5, dx: Float(x), dy: Float(y)).box
            #expect(found.contains { $0.box.intersectionOverUnion(expected) > 0.6 }, "\(x), \(y)")
        }
    }

    /// Three of 70 pixels are small enough in the second pass for a third one, which shows those of 34 too.
    @Test func theThirdPassShowsFacesHalfAsHighAsThoseThatAskedForIt() async throws {
        let head = try head()
        let seen = try Fixtures.collage(
            of: head.resized(width: 117, height: 123), at: [(300, 300), (1_900, 400), (3_400, 300)], width: 4_000,
            height: 3_000)
        let original = try Fixtures.collage(
            of: head.resized(width: 57, height: 60), at: (0..<10).map { (200 + $0 * 370, 1_900) }, onto: seen)
        let faces = try await detector().faces(
            in: original.resized(longSide: 1_600), originalLongSide: 4_000, deadline: .never
        ) { original }
        #expect(faces.count == 13)
        // In pixels of the working picture.
        #expect(faces.count { $0.box.height > 20 } == 3)
    }

    @Test func aPyramidIsHalvedOnlyAsFarAsItIsAskedFor() throws {
        let pyramid = PicturePyramid([.init(picture: try Fixtures.plain(9, width: 640, height: 400), scale: 0.4)])
        let quarter = try pyramid.level { $0.picture.longSide <= 160 }
        #expect((quarter.level.picture.width, quarter.level.picture.height) == (160, 100))
        #expect(abs(quarter.level.scale - 0.1) < 1e-6 && quarter.index == 2)
        pyramid.add(try Fixtures.plain(9, width: 1600, height: 1000), scale: 1)
        #expect(try pyramid.level { _ in true }.level.picture.width == 1600)
        #expect(try pyramid.level { $0.scale <= 0.5 }.level.picture.width == 640)
        // Nothing is small enough: the smallest that makes sense.
        #expect(try pyramid.level { _ in false }.level.picture.longSide <= 64)
    }

    @Test func aPartOfAFaceIsNoFaceOfItsOwn() {
        let faces = [face(0, 0, 100, 120), face(30, 40, 20, 20), face(95, 100, 40, 50)]
        #expect(faces.withoutParts().map(\.box.x) == [0, 95])
    }
}
