/// How well the faces that are found agree with those that are marked.
public struct DetectionScore: Sendable {
    /// Marked faces of a range of heights.
    public struct Band: Sendable {
        /// In pixels, from the lower bound on and below the upper one.
        public let heights: Range<Float>
        /// Sure faces.
        public internal(set) var marked = 0
        /// Of them.
        public internal(set) var found = 0

        /// Of the sure faces those that are found, 0…1; nil where there are none.
        public var recall: Double? { marked == 0 ? nil : Double(found) / Double(marked) }
    }

    /// By height: faces are promised from 24 pixels on.
    public private(set) var bands = [0..<24, 24..<40, 40..<80, 80..<300, 300..<Float.infinity].map { Band(heights: $0) }
    /// Faces that were listed; a photo that was taken whole lists none.
    public private(set) var listed = 0
    /// Listed faces where none is marked.
    public private(set) var falseFaces = 0

    /// A marked face is found when a listed one shares so much of the area of both; boxes of two detectors differ by a third.
    private static let sameFace: Float = 0.35
    /// A listed face is a false one when it shares less with every marked one.
    private static let anyFace: Float = 0.3

    /// Makes an empty score.
    public init() {}

    /// Counts one photo.
    ///
    /// - Parameters:
    ///   - analysis: of the photo.
    ///   - labels: of the photo. When it marks more sure faces than are listed at most, the highest count.
    ///   - maxFaces: as many are listed at most.
    /// - Returns: how many false faces it has.
    @discardableResult
    public mutating func add(_ analysis: PhotoAnalysis, _ labels: FaceLabels, maxFaces: Int = 100) -> Int {
        add(analysis.faceCrop ? [] : analysis.faces.map(\.box), labels, maxFaces: maxFaces)
    }

    mutating func add(_ boxes: [FaceBox], _ labels: FaceLabels, maxFaces: Int) -> Int {
        for face in labels.sure.sorted(by: { $0.height > $1.height }).prefix(maxFaces) {
            guard let band = bands.firstIndex(where: { $0.heights.contains(face.height) }) else { continue }
            bands[band].marked += 1
            if boxes.contains(where: { $0.intersectionOverUnion(face) > Self.sameFace }) { bands[band].found += 1 }
        }
        let wrong = boxes.count { box in
            !(labels.sure + labels.doubtful).contains { box.intersectionOverUnion($0) > Self.anyFace }
        }
        listed += boxes.count
        falseFaces += wrong
        return wrong
    }

    /// The sure faces from a height on, all bands together.
    public func from(_ height: Float) -> Band {
        bands.filter { $0.heights.lowerBound >= height }.reduce(into: Band(heights: height..<Float.infinity)) {
            $0.marked += $1.marked
            $0.found += $1.found
        }
    }

    /// Of the listed faces those that are marked, surely or doubtfully, 0…1; nil where none is listed.
    public var precision: Double? { listed == 0 ? nil : Double(listed - falseFaces) / Double(listed) }
}
