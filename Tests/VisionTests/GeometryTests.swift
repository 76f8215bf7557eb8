import Foundation
import Imaging
import Testing

@testable import Vision

@Suite struct GeometryTests {
    @Test func centerFacesPlanesAreReadAsItsPaperSays() throws {
        let (rows, columns) = (3, 5)
        let cells = rows * columns
        var score = [Float](repeating: 0.1, count: cells)
        var size = [Float](repeating: 0, count: 2 * cells)
        var offset = [Float](repeating: 0, count: 2 * cells)
        var landmarks = [Float](repeating: 0, count: 10 * cells)
        let cell = 1 * columns + 3
        score[cell] = 0.8
        size[cell] = Float(log(10.0))
        size[cells + cell] = Float(log(6.0))
        offset[cell] = 0.25
        offset[cells + cell] = -0.25
        landmarks[0 * cells + cell] = 0.4
        landmarks[1 * cells + cell] = 0.3
        let found = try score.withUnsafeBufferPointer { score in
            try size.withUnsafeBufferPointer { size in
                try offset.withUnsafeBufferPointer { offset in
                    try landmarks.withUnsafeBufferPointer { landmarks in
                        try CenterFace.decode(
                            .init(
                                rows: rows, columns: columns, score: score, size: size, offset: offset,
                                landmarks: landmarks), threshold: 0.5)
                    }
                }
            }
        }
        #expect(found.count == 1)
        let face = try #require(found.first)
        #expect(abs(face.box.height - 40) < 0.001 && abs(face.box.width - 24) < 0.001)
        // Centre: x = 4 · (3 − 0.25 + 0.5) = 13, y = 4 · (1 + 0.25 + 0.5) = 7.
        #expect(abs(face.box.x - 1) < 0.001 && abs(face.box.y + 13) < 0.001)
        #expect(abs(face.landmarks[0].x - (1 + 24 * 0.3)) < 0.001)
        #expect(abs(face.landmarks[0].y - (-13 + 40 * 0.4)) < 0.001)
    }

    @Test func theBestOfOverlappingBoxesIsKept() {
        let kept = [
            face(0, 0, 10, 10, score: 0.6), face(1, 1, 10, 10, score: 0.9), face(30, 0, 10, 10, score: 0.7),
        ].withoutDuplicates(limit: 0.3)
        #expect(kept.map(\.score) == [0.9, 0.7])
    }

    @Test func overlapIsMeasuredAsIntersectionOverUnion() {
        let box = FaceBox(x: 0, y: 0, width: 10, height: 10)
        #expect(abs(box.intersectionOverUnion(FaceBox(x: 5, y: 0, width: 10, height: 10)) - 1 / 3) < 0.0001)
        #expect(box.intersectionOverUnion(FaceBox(x: 10, y: 0, width: 10, height: 10)) == 0)
        #expect(box.intersectionOverUnion(box) == 1)
    }

    @Test(arguments: [(500, 300), (641, 640), (1184, 888), (1184, 1184), (2000, 700)])
    func tilesCoverThePictureAndOverlap(width: Int, height: Int) {
        let grid = TileGrid(width: width, height: height, side: 640, overlap: 96)
        for (length, starts) in [
            (width, Set(grid.tiles.map(\.x)).sorted()), (height, Set(grid.tiles.map(\.y)).sorted()),
        ] {
            #expect(starts.first == 0)
            #expect((starts.last ?? 0) + 640 >= length)
            for (a, b) in zip(starts, starts.dropFirst()) { #expect(a + 640 - b >= 96) }
        }
        #expect(grid.tiles.last?.touchesRight == true && grid.tiles.last?.touchesBottom == true)
    }

    /// A frontal face in a box.
    private func upright(_ box: FaceBox) -> FaceCandidate {
        FaceCandidate(
            box: box,
            landmarks: [(0.31, 0.4), (0.69, 0.4), (0.5, 0.6), (0.35, 0.75), (0.65, 0.75)].map {
                FacePoint(x: box.x + Float($0.0) * box.width, y: box.y + Float($0.1) * box.height)
            }, score: 0.9)
    }

    @Test func theCropIsFER2013sSquare() {
        let square = CropSquare(of: upright(FaceBox(x: 100, y: 200, width: 80, height: 100)), in: .none)
        #expect(abs(square.side - 107) < 0.001)
        #expect(abs(square.x + square.side / 2 - (140 - 0.018 * 107)) < 0.001)
        #expect(abs(square.y + square.side / 2 - (250 - 0.022 * 107)) < 0.001)
    }

    @Test func croppingAveragesTheAreaUnderEachPixel() throws {
        // Columns of 0 and 200 by turns: each target pixel covers one of each.
        let stripes = try Fixtures.picture(width: 96, height: 96) { x, _ in
            Array(repeating: x % 2 == 0 ? 0 : 200, count: 3)
        }
        let crop = try FaceCrop(CropSquare(x: 0, y: 0, side: 96), of: stripes)
        #expect(crop.pixels.allSatisfy { $0 == 100 })
        // One and a half pixels to each: 0 and half of 200, half of 200 and 0, 200 and half of 0.
        let part = try FaceCrop(CropSquare(x: 0, y: 0, side: 72), of: stripes)
        #expect(abs(Int(part.pixels[0]) - 67) <= 1)
        #expect(abs(Int(part.pixels[1]) - 67) <= 1)
        #expect(abs(Int(part.pixels[2]) - 133) <= 1)
    }

    @Test func greyIsWeightedAsByBT601() throws {
        for (colour, grey) in [([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29)] as [([UInt8], Int)] {
            let raster = try Fixtures.picture(width: 50, height: 50) { _, _ in colour }
            let crop = try FaceCrop(CropSquare(x: 1, y: 1, side: 48), of: raster)
            #expect(crop.pixels.allSatisfy { Int($0) == grey })
        }
    }

    @Test func aSmallSquareIsEnlargedWithoutSteps() throws {
        // A cubic keeps a ramp; means would give pairs of equal pixels.
        let ramp = try Fixtures.picture(width: 40, height: 40) { x, y in
            [UInt8](repeating: UInt8(20 + 3 * x + 2 * y), count: 3)
        }
        let crop = try FaceCrop(CropSquare(x: 8, y: 8, side: 24), of: ramp)
        for y in 0..<48 {
            for x in 0..<48 {
                let (column, row) = (8 + (Double(x) + 0.5) / 2 - 0.5, 8 + (Double(y) + 0.5) / 2 - 0.5)
                #expect(abs(Double(crop.pixels[y * 48 + x]) - (20 + 3 * column + 2 * row)) <= 0.51)
            }
        }
    }

    @Test func croppingOverTheEdgeRepeatsTheEdge() throws {
        let raster = try Fixtures.picture(width: 48, height: 48) { x, _ in Array(repeating: x < 24 ? 10 : 250, count: 3)
        }
        let crop = try FaceCrop(CropSquare(x: -24, y: -24, side: 96), of: raster)
        #expect(crop.pixels[0] == 10)
        #expect(crop.pixels[47] == 250)
        #expect(crop.pixels[47 * 48] == 10)
        let far = try FaceCrop(CropSquare(x: -500, y: -500, side: 48), of: raster)
        #expect(far.pixels.allSatisfy { $0 == 10 })
    }

    @Test func aSmallSquareIsEnlarged() throws {
        let crop = try FaceCrop(CropSquare(x: 4, y: 4, side: 12), of: Fixtures.plain(77, width: 20, height: 20))
        #expect(crop.pixels.count == 2304 && crop.pixels.allSatisfy { $0 == 77 })
    }

    @Test func notesSayWhatMakesAFaceUncertain() {
        let box = FaceBox(x: 0, y: 0, width: 80, height: 100)
        let frontal = [(25, 40), (64, 39), (45, 60), (30, 75), (60, 74)].map {
            FacePoint(x: Float($0.0), y: Float($0.1))
        }
        let noise = FaceCrop(pixels: (0..<2304).map { UInt8(($0 * 7919) % 200 + 55) })
        func notes(_ box: FaceBox, _ landmarks: [FacePoint], _ crop: FaceCrop, covered: Bool = false) -> [String] {
            let place = FacePlace(FaceCandidate(box: box, landmarks: landmarks, score: 1), in: .none)
            return FaceNotes.notes(place, landmarks: landmarks, crop: crop, isCovered: covered)
        }
        #expect(notes(box, frontal, noise) == [])
        #expect(notes(box, frontal, noise, covered: true) == ["covered"])
        var profile = frontal
        profile[2].x = 70
        #expect(notes(box, profile, noise) == ["turned"])
        let dark = FaceCrop(pixels: noise.pixels.map { $0 / 8 })
        #expect(notes(box, frontal, dark) == ["dark"])
        let smooth = FaceCrop(pixels: (0..<2304).map { UInt8(80 + ($0 % 48) * 2) })
        #expect(notes(box, frontal, smooth) == ["blurred"])
        let tiny = FaceBox(x: 0, y: 0, width: 20, height: 25)
        #expect(notes(tiny, [], noise) == ["small"])
    }

    @Test func aTurnedPhotosPointsAndBoxesComeBack() {
        let box = FaceBox(x: 10, y: 20, width: 30, height: 40)
        let face = upright(box)
        let (width, height) = (Float(200), Float(100))
        #expect(
            PhotoTurn.quarter.turned(box, width: width, height: height) == FaceBox(x: 40, y: 10, width: 40, height: 30))
        #expect(
            PhotoTurn.half.turned(box, width: width, height: height) == FaceBox(x: 160, y: 40, width: 30, height: 40))
        #expect(
            PhotoTurn.threeQuarters.turned(box, width: width, height: height)
                == FaceBox(x: 20, y: 160, width: 40, height: 30))
        for turn in PhotoTurn.allCases {
            let isAcross = turn == .quarter || turn == .threeQuarters
            let seen = FaceCandidate(
                box: turn.turned(box, width: width, height: height),
                landmarks: face.landmarks.map { turn.turned($0, width: width, height: height) }, score: 1)
            let back = turn.undone(seen, width: isAcross ? height : width, height: isAcross ? width : height)
            #expect(back.box == box)
            for (one, other) in zip(back.landmarks, face.landmarks) {
                #expect(abs(one.x - other.x) < 0.001 && abs(one.y - other.y) < 0.001)
            }
            // Its roll is what brings it upright, turned round; a quarter's crop goes by the face's own height.
            let pose = FacePose(seen.landmarks)
            #expect(abs(FacePose.difference(pose?.roll ?? 999, Float(turn.rawValue))) < 0.01)
        }
    }

    @Test(arguments: [90, 180, 270]) func aTurnedFacesCropIsTheUprightOnes(degrees: Int) throws {
        let raster = try Fixtures.picture(width: 200, height: 140) { x, y in
            [UInt8(x), UInt8(y), UInt8((x * 7 + y * 3) % 256)]
        }
        let turned = try raster.turned(clockwise: degrees)
        let square = CropSquare(x: 40.25, y: 30.5, side: 70)
        let turn = try #require(PhotoTurn(rawValue: degrees))
        let other = square.turned(by: turn, width: 200, height: 140)
        #expect(FacePose.difference(Float(other.angle), Float(degrees)) == 0)
        let (one, two) = (try FaceCrop(square, of: raster).pixels, try FaceCrop(other, of: turned).pixels)
        #expect(zip(one, two).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }

    @Test func whatIsTooSmallOrSeenFromTheSideCannotBeJudged() {
        func judged(_ face: FaceCandidate) -> Bool {
            !FaceNotes.cannotBeJudged(FacePlace(face, in: .none), landmarks: face.landmarks)
        }
        #expect(judged(upright(FaceBox(x: 0, y: 0, width: 19, height: 24))))
        #expect(!judged(upright(FaceBox(x: 0, y: 0, width: 19, height: 23.5))))
        let box = FaceBox(x: 0, y: 0, width: 80, height: 100)
        #expect(judged(upright(box)))
        #expect(!judged(FaceCandidate(box: box, landmarks: [], score: 0)))
        // The nose reaches beyond the eye at 25 or 55.
        for nose in [12, 68] as [Float] {
            var profile = upright(box)
            profile.landmarks[2].x = nose
            #expect(!judged(profile))
        }
        // Half turned away it can still be judged, and is noted.
        var half = upright(box)
        half.landmarks[2].x = 55
        #expect(judged(half))
        // Both eyes at one place.
        var narrow = upright(box)
        narrow.landmarks[1].x = narrow.landmarks[0].x + 15
        #expect(!judged(narrow))
    }
}
