import Blocking
import Foundation
import Imaging
import Inference

/// Judges proposed faces with CenterFace, which looks at small windows around them: what it does not see as well is no face,
/// and its box and landmarks are what the crop is cut by.
///
/// Its functions run where they are called from, on the pipeline's own thread.
final class FaceJudge: Sendable {
    private let model: CompiledModel

    /// Higher faces are looked at in a smaller picture: the window has to show what is around them.
    private static let tallest: Float = 72
    /// From so many likely faces on they are looked at in a smaller picture, where neighbours share a window: half of detection's time
    /// for a hundred faces, and hardly a look is another one (Deploy/docs/faces.md).
    private static let many = 12
    private static let tallestOfMany: Float = 44
    /// From so many on, those that have few neighbours are looked at in quarters of the input, four at once.
    private static let crowd = 40
    /// The judge sees a face a little higher or lower than it was proposed: only what exceeds it by so much comes before it.
    private static let clearlyLarger: Float = 1.25
    private static let threshold: Float = 0.05
    /// Of 350 test faces of FER2013 98.5 % score more, and of 262 squares without a face (of one colour, noise, ramps, lines,
    /// shapes, parts of photos) none more than 0.14.
    private static let cropThreshold: Float = 0.2

    init(_ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor) throws(InferenceError) {
        model = try Self.compile(file, core: core, options: options, executor: executor)
    }

    /// The network with its one shape, fed with interleaved bytes.
    static func compile(
        _ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) -> CompiledModel {
        let source = try ModelFile(file, core: core)
        try source.reshape(CenterFace.input, to: [1, 3, JudgePlan.side, JudgePlan.side])
        try source.acceptInterleavedBytes(for: CenterFace.input)
        return try CompiledModel(source, core: core, options: options, executor: executor)
    }

    /// Looks at proposals again.
    ///
    /// - Parameters:
    ///   - proposals: in pixels of the working picture, with the proposer's scores.
    ///   - pyramid: the photo.
    ///   - most: so many of the highest faces are of interest; a proposal than which so many faces are clearly higher is
    ///     passed over.
    ///   - deadline: when to give up.
    /// - Returns: those that CenterFace sees at all, as it sees them, with the mean of both scores.
    nonisolated(nonsending) func judged(
        _ proposals: [FaceCandidate], in pyramid: PicturePyramid, most: Int, deadline: Deadline
    ) async throws -> [FaceCandidate] {
        // One more, so that more are known to be there; a tenth, since some are the same face twice.
        let enough = most + most / 10 + 1
        let likely = proposals.count(where: \.isLikely)
        let ordered = Self.order(proposals, likely: likely, enough: enough)
        let tallest = likely < Self.many ? Self.tallest : Self.tallestOfMany
        let levels = try ordered.map { proposal in
            try pyramid.level { proposal.box.height * $0.scale <= tallest }.level
        }
        let spots = zip(ordered, levels).map {
            JudgePlan.Spot(picture: $1.picture, box: $0.mapped(scale: $1.scale).box)
        }
        let plan = JudgePlan(spots, inQuarters: likely >= Self.crowd)
        var seen: [Int: [FaceCandidate]] = [:]
        var result: [FaceCandidate] = []
        for (number, proposal) in ordered.enumerated() {
            let higher = result.count { $0.isLikely && $0.box.height > Self.clearlyLarger * proposal.box.height }
            guard higher < enough, let place = plan.places[number] else { continue }
            if seen[place] == nil {
                try deadline.check()
                let together = plan.together(with: place) { seen[$0] == nil }
                let faces = try await look(at: together.map { plan.windows[$0] })
                for (window, faces) in zip(together, faces) { seen[window] = faces }
            }
            let box = spots[number].box
            let same = seen[place]?.filter { $0.box.intersectionOverUnion(box) > 0.3 }.max { $0.score < $1.score }
            guard var face = same?.mapped(scale: 1 / levels[number].scale) else { continue }
            face.score = (face.score + proposal.score) / 2
            result.append(face)
        }
        return result
    }

    /// The surest first. Of a crowd of which less than half is listed the likely ones by their height: those that are listed
    /// come first, so that the others need no look.
    private static func order(_ proposals: [FaceCandidate], likely: Int, enough: Int) -> [FaceCandidate] {
        let bySureness = proposals.sorted { $0.score > $1.score }
        guard likely > 2 * enough else { return bySureness }
        return bySureness.prefix(likely).sorted { $0.box.height > $1.box.height } + bySureness.dropFirst(likely)
    }

    /// Whether a picture, which may be a crop of a face that its edges cut too closely to be found, is one: the judge looks
    /// at it enlarged to a whole window.
    nonisolated(nonsending) func isFace(_ picture: Raster) async throws -> Bool {
        let whole = try picture.resized(longSide: JudgePlan.side, fast: true)
        let box = FaceBox(x: 0, y: 0, width: Float(whole.width), height: Float(whole.height))
        let window = JudgePlan.Window(around: JudgePlan.Spot(picture: whole, box: box), side: JudgePlan.side)
        return try await look(at: [window])[0].contains {
            $0.score > Self.cropThreshold && $0.box.area > box.area / 4
        }
    }

    /// Looks at a whole window, or at up to four quarters of one.
    ///
    /// - Returns: the faces of each window, in pixels of its picture.
    private nonisolated(nonsending) func look(at windows: [JudgePlan.Window]) async throws -> [[FaceCandidate]] {
        let side = JudgePlan.side
        let corners = windows.indices.map { number in
            let columns = side / windows[number].side
            return (x: number % columns * windows[number].side, y: number / columns * windows[number].side)
        }
        let input = try Tensor(.bytes(Self.pixels(of: windows, at: corners)), shape: [1, side, side, 3])
        let names = CenterFace.outputs
        let all = try await model.infer([CenterFace.input: input]) { outputs in
            try outputs.withFloats(names.score) { score, shape in
                try outputs.withFloats(names.size) { size, _ in
                    try outputs.withFloats(names.offset) { offset, _ in
                        try outputs.withFloats(names.landmarks) { landmarks, _ in
                            let planes = CenterFace.Planes(
                                rows: shape[shape.count - 2], columns: shape[shape.count - 1], score: score,
                                size: size, offset: offset, landmarks: landmarks)
                            return try CenterFace.decode(planes, threshold: Self.threshold)
                        }
                    }
                }
            }
        }
        return zip(windows, corners).map { window, corner in
            let shown = FaceBox(
                x: Float(corner.x), y: Float(corner.y), width: Float(window.area.width),
                height: Float(window.area.height))
            let (dx, dy) = (Float(window.area.x - corner.x), Float(window.area.y - corner.y))
            // The padding is no picture, and a neighbour's quarter another one.
            return all.filter { shown.holdsMiddle(of: $0.box) }.withoutDuplicates(limit: 0.3)
                .map { $0.mapped(scale: 1, dx: dx, dy: dy) }
        }
    }

    /// The network's input, three bytes a pixel: each window at its corner, and black where none is.
    private static func pixels(of windows: [JudgePlan.Window], at corners: [(x: Int, y: Int)]) throws -> [UInt8] {
        let side = JudgePlan.side
        var input = [UInt8](repeating: 0, count: side * side * 3)
        for (window, corner) in zip(windows, corners) {
            let (area, row) = (window.area, window.side * 3)
            let pixels = try window.picture.square(of: area, scaledTo: (area.width, area.height), side: window.side)
            for y in 0..<window.side {
                let start = ((corner.y + y) * side + corner.x) * 3
                input.replaceSubrange(start..<start + row, with: pixels[y * row..<(y + 1) * row])
            }
        }
        return input
    }
}
