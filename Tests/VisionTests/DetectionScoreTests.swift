import Foundation
import Testing

@testable import Vision

@Suite struct DetectionScoreTests {
    private func box(_ x: Float, _ y: Float, _ size: Float) -> FaceBox {
        FaceBox(x: x, y: y, width: size, height: size)
    }

    @Test func facesAreCountedByTheirHeightAndFalseOnesByWhatIsMarked() {
        var score = DetectionScore()
        let labels = FaceLabels(
            sure: [box(0, 0, 20), box(100, 0, 30), box(200, 0, 100), box(400, 0, 500)], doubtful: [box(0, 300, 40)])
        // The second a little beside it, the third not, a doubtful one, and one where nothing is.
        let listed = [box(0, 0, 20), box(105, 0, 30), box(400, 0, 500), box(0, 300, 40), box(0, 700, 50)]
        #expect(score.add(listed, labels, maxFaces: 100) == 1)
        #expect(score.bands.map(\.marked) == [1, 1, 0, 1, 1])
        #expect(score.bands.map(\.found) == [1, 1, 0, 0, 1])
        #expect(score.bands[2].recall == nil && score.bands[3].recall == 0)
        #expect((score.from(24).marked, score.from(24).found) == (3, 2))
        #expect((score.listed, score.falseFaces) == (5, 1) && score.precision == 0.8)
        #expect(DetectionScore().precision == nil)
    }

    @Test func ofMoreFacesThanAreListedTheHighestCount() {
        var score = DetectionScore()
        let labels = FaceLabels(sure: [box(0, 0, 30), box(100, 0, 90), box(300, 0, 60)])
        _ = score.add([box(100, 0, 90), box(300, 0, 60)], labels, maxFaces: 2)
        #expect(score.from(0).marked == 2 && score.from(0).recall == 1)
    }

    @Test func labelsAreListsOrSureAndDoubtful() throws {
        let text = #"{"a.jpg": [[1, 2, 11, 22]], "b.jpg": [], "c.jpg": {"sure": [], "doubtful": [[0, 0, 4, 4]]}}"#
        let labels = try FaceLabels.read(Data(text.utf8))
        #expect(labels.count == 3 && labels["b.jpg"]?.sure.isEmpty == true)
        #expect(labels["a.jpg"]?.sure == [FaceBox(x: 1, y: 2, width: 10, height: 20)])
        #expect(labels["c.jpg"]?.doubtful.count == 1)
    }

    @Test(arguments: [
        #"{"a.jpg": [[5, 5, 5, 9]]}"#, #"{"a.jpg": [[1, 2, 3]]}"#, #"{"a.jpg": {"doubtful": []}}"#,
        #"{"a.jpg": "face"}"#,
        "[]", "x",
    ])
    func whatIsNoLabelIsRefused(text: String) {
        #expect(throws: DecodingError.self) { try FaceLabels.read(Data(text.utf8)) }
    }
}
