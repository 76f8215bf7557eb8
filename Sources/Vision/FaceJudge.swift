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

    /// A window costs a fourteenth of a picture of 640 × 640 pixels.
    static let side = 160
    /// Higher faces are looked at in a smaller picture: the window has to show what is around them.
    private static let tallest: Float = 72
    /// From so many likely faces on they are looked at in a smaller picture, where neighbours share a window: half of detection's time
    /// for a hundred faces. Boxes are a little less exact; on the labelled photos the same faces were found, and 88 of the 89 sure
    /// ones whose box was another kept their look.
    private static let many = 12
    private static let tallestOfMany: Float = 48
    /// So much of its own height lies around a face in a window that was cut for another one.
    private static let margin: Float = 0.5
    /// Windows begin at cells of the network's coarsest grid. Boxes are nearer by a tenth to those of a pass over the whole
    /// picture than from windows at any pixel, and faces are told better from what is none.
    private static let alignment = 32
    /// More than this a crowd of hundreds does not need; foliage and noise might.
    private static let mostWindows = 400
    /// The judge sees a face a little higher or lower than it was proposed: only what exceeds it by so much comes before it.
    private static let clearlyLarger: Float = 1.25
    private static let threshold: Float = 0.05
    /// Of 350 test faces of FER2013 98.5 % score more, and of 262 squares without a face (of one colour, noise, ramps, lines,
    /// shapes, parts of photos) none more than 0.14.
    private static let cropThreshold: Float = 0.2

    /// What was seen in a window, in pixels of its level.
    private struct Window {
        let level: Int
        let area: PixelRect
        let faces: [FaceCandidate]
    }

    init(_ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor) throws(InferenceError) {
        model = try Self.compile(file, core: core, options: options, executor: executor)
    }

    /// The network with its one shape, fed with interleaved bytes.
    static func compile(
        _ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) -> CompiledModel {
        let source = try ModelFile(file, core: core)
        try source.reshape(CenterFace.input, to: [1, 3, side, side])
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
        var windows: [Window] = []
        var result: [FaceCandidate] = []
        // One more, so that more are known to be there; a tenth, since some are the same face twice.
        let enough = most + most / 10 + 1
        let likely = proposals.count(where: \.isLikely)
        let tallest = likely < Self.many ? Self.tallest : Self.tallestOfMany
        for proposal in Self.order(proposals, likely: likely, enough: enough) {
            let higher = result.count { $0.isLikely && $0.box.height > Self.clearlyLarger * proposal.box.height }
            if higher >= enough { continue }
            let (level, index) = try pyramid.level { proposal.box.height * $0.scale <= tallest }
            let box = proposal.mapped(scale: level.scale).box
            let known = windows.first { $0.level == index && Self.shows(box, $0.area, of: level.picture) }
            if known == nil, windows.count == Self.mostWindows { continue }
            let window: Window
            if let known {
                window = known
            } else {
                try deadline.check()
                window = try await look(at: box, level.picture, index)
                windows.append(window)
            }
            let same = window.faces.filter { $0.box.intersectionOverUnion(box) > 0.3 }.max { $0.score < $1.score }
            guard var face = same?.mapped(scale: 1 / level.scale) else { continue }
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
        let whole = try picture.resized(longSide: Self.side, fast: true)
        let box = FaceBox(x: 0, y: 0, width: Float(whole.width), height: Float(whole.height))
        return try await look(at: box, whole, 0).faces.contains {
            $0.score > Self.cropThreshold && $0.box.area > box.area / 4
        }
    }

    /// Whether a box lies in a window with enough around it, as far as the picture goes.
    private static func shows(_ box: FaceBox, _ area: PixelRect, of picture: Raster) -> Bool {
        let around = margin * box.height
        let (right, bottom) = (area.x + area.width, area.y + area.height)
        return (area.x == 0 || box.x - around >= Float(area.x)) && (area.y == 0 || box.y - around >= Float(area.y))
            && (right == picture.width || box.x + box.width + around <= Float(right))
            && (bottom == picture.height || box.y + box.height + around <= Float(bottom))
    }

    /// The window around a box: as near to its middle as the alignment allows, and inside of the picture.
    static func window(around box: FaceBox, width: Int, height: Int) -> PixelRect {
        func start(_ middle: Float, _ length: Int) -> Int {
            let cells = ((middle - Float(side) / 2) / Float(alignment)).rounded()
            let last = (max(0, length - side) + alignment - 1) / alignment
            // A box that is no number, or far outside, is looked for at the edge.
            return Int(max(0, min(cells, Float(last)))) * alignment
        }
        let (x, y) = (start(box.x + box.width / 2, width), start(box.y + box.height / 2, height))
        return PixelRect(x: x, y: y, width: min(side, width - x), height: min(side, height - y))
    }

    private nonisolated(nonsending) func look(
        at box: FaceBox, _ picture: Raster, _ level: Int
    ) async throws -> Window {
        let area = Self.window(around: box, width: picture.width, height: picture.height)
        let pixels = try picture.square(of: area, scaledTo: (area.width, area.height), side: Self.side)
        let input = try Tensor(.bytes(pixels), shape: [1, Self.side, Self.side, 3])
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
        let faces = all.withoutDuplicates(limit: 0.3)
            .filter {
                // The padding is no picture: a face whose middle lies there is none.
                $0.box.x + $0.box.width / 2 < Float(area.width) && $0.box.y + $0.box.height / 2 < Float(area.height)
            }
            .map { $0.mapped(scale: 1, dx: Float(area.x), dy: Float(area.y)) }
        return Window(level: level, area: area, faces: faces)
    }
}
