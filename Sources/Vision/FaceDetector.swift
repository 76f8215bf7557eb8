import Blocking
import Foundation
import Imaging
import Inference

/// Finds faces in a photo with two networks: YuNet proposes, at a fifth of CenterFace's cost for the same picture, and
/// CenterFace judges each proposal on a small window.
///
/// Alone neither does as well: YuNet is as sure of some animals and ornaments as of people, and CenterFace leaves out small
/// faces and costs most of a photo's time. On 164 photos with 1,355 faces both together find 99.1 % of those of 24 pixels
/// and more without a false one, where no more than 100 are listed; CenterFace alone found 97.6 % with two, in two and a
/// half (1 megapixel) to five times (12) the time.
///
/// YuNet looks at the whole, for larger photos at details, and where these show a crowd, or nothing, at the details of the
/// original. Its functions run where they are called from, on the pipeline's own thread: a photo costs no change of
/// threads, and nothing blocks the cooperative pool.
final class FaceDetector: Sendable {
    private let proposer: FaceProposer
    private let judge: FaceJudge
    private let mostFaces: Int

    /// Both networks together have to be surer than this, by the mean of their scores.
    static let scoreThreshold: Float = 0.5
    /// The second pass is over two tiles by two, in which a face of 24 pixels of the working picture has 18.
    private static let detailLong = 2 * FaceProposer.side - FaceProposer.tileOverlap
    /// So many faces below `surelyFound` in the second pass make a crowd, in which smaller ones are likely.
    private static let crowd = 3
    /// A third pass has to show at least so much more than the second.
    private static let worthwhile: Float = 1.3
    /// The smallest faces of a crowd are so high in the third pass, as far as the original goes: those half as high show there.
    private static let closeHeight: Float = 48
    /// Below this long side a second pass has nothing to add to the first.
    private static let detailFrom = 800
    /// Above this long side small faces may be lost in the first pass even where large ones are found.
    private static let detailAlwaysFrom = 1280
    /// Faces at least this high, in pixels of a pass, are found there at 99 % and more.
    private static let surelyFound: Float = 28

    /// - Parameters:
    ///   - files: the networks, CenterFace and YuNet.
    ///   - mostFaces: so many of a crowd are listed, the highest; smaller ones are only found as far as that costs nothing.
    ///   - core: reads them.
    ///   - options: how they are compiled.
    ///   - executor: the thread that runs them.
    init(
        _ files: (judge: URL, proposer: URL), mostFaces: Int, core: Core, options: CompileOptions,
        executor: BlockingExecutor
    ) throws(InferenceError) {
        self.mostFaces = mostFaces
        judge = try FaceJudge(files.judge, core: core, options: options, executor: executor)
        proposer = try FaceProposer(files.proposer, core: core, options: options, executor: executor)
    }

    /// Runs each network once: one that does not fit is refused, and the first photo does not wait for memory and kernels.
    nonisolated(nonsending) func warmUp() async throws {
        let side = 96
        let raster = try Raster(pixels: [UInt8](repeating: 128, count: side * side * 3), width: side, height: side)
        let pyramid = PicturePyramid([PicturePyramid.Level(picture: raster, scale: 1)])
        _ = try await proposer.proposals(inOne: raster)
        _ = try await proposer.proposals(inTilesOf: raster, deadline: .never)
        let middle = FaceCandidate(
            box: FaceBox(x: 24, y: 24, width: 40, height: 48), landmarks: [], score: 1)
        _ = try await judge.judged([middle], in: pyramid, most: 1, deadline: .never)
    }

    /// Finds the faces of a picture.
    ///
    /// - Parameters:
    ///   - raster: the photo, at the resolution it is worked on.
    ///   - originalLongSide: of the photo itself, in pixels.
    ///   - deadline: when to give up.
    ///   - original: decodes the photo as large as memory allows, for a third pass.
    /// - Returns: in pixels of `raster`, without duplicates, unsorted.
    nonisolated(nonsending) func faces(
        in raster: Raster, originalLongSide: Int, deadline: Deadline, original: () throws -> Raster?
    ) async throws -> [FaceCandidate] {
        // Enlarging helps small pictures (twice: recall 83 to 86 % on hard ones); beyond that it only blurs.
        let long = min(FaceProposer.side, raster.longSide * 2)
        let scale = Float(long) / Float(raster.longSide)
        let first = try raster.resized(longSide: long, fast: true)
        let pyramid = PicturePyramid([PicturePyramid.Level(picture: first, scale: scale)])
        var proposals = try await wholes(first, scale, pyramid)
        if needsDetail(proposals, scale: scale, longSide: min(originalLongSide, raster.longSide)) {
            try deadline.check()
            proposals = try await details(
                of: raster, proposals, pyramid, originalLongSide: originalLongSide, deadline: deadline,
                original: original)
        }
        if scale < 1 { pyramid.add(raster, scale: 1) }
        return try await judge.judged(proposals, in: pyramid, most: mostFaces, deadline: deadline)
            .filter(\.isLikely)
            .withoutDuplicates(limit: 0.4).withoutParts()
    }

    /// Whether a picture without a face that was found is a crop of one.
    nonisolated(nonsending) func isFace(_ raster: Raster) async throws -> Bool {
        try await judge.isFace(raster)
    }

    /// The whole at full width of the network; where nothing is likely a face, also at a quarter of it, since a face that
    /// fills the photo may be too large.
    nonisolated(nonsending) func wholes(
        _ first: Raster, _ scale: Float, _ pyramid: PicturePyramid
    ) async throws -> [FaceCandidate] {
        let found = try await proposer.proposals(inOne: first).map { $0.mapped(scale: 1 / scale) }
        guard !found.contains(where: \.isLikely), first.longSide > FaceProposer.narrowSide else { return found }
        let quarter = try pyramid.level { $0.picture.longSide <= FaceProposer.narrowSide }.level
        let large = try await proposer.proposals(inOne: quarter.picture).map { $0.mapped(scale: 1 / quarter.scale) }
        return (found + large).withoutDuplicates(limit: 0.4)
    }

    /// The second pass, and the third where it is worth it.
    ///
    /// - Returns: all proposals, in pixels of `raster`.
    private nonisolated(nonsending) func details(
        of raster: Raster, _ coarse: [FaceCandidate], _ pyramid: PicturePyramid, originalLongSide: Int,
        deadline: Deadline, original: () throws -> Raster?
    ) async throws -> [FaceCandidate] {
        let size = detailSize(of: raster)
        let scale = Float(max(size.width, size.height)) / Float(raster.longSide)
        let picture = try raster.resized(width: size.width, height: size.height, fast: true)
        if picture.longSide < raster.longSide { pyramid.add(picture, scale: scale) }
        let fine = try await proposer.proposals(inTilesOf: picture, deadline: deadline)
            .map { $0.mapped(scale: 1 / scale) }
        let found = (coarse + fine).withoutDuplicates(limit: 0.4)
        let needed = Self.worthwhile * Float(picture.longSide)
        let heights = found.filter(\.isLikely).map { $0.box.height * scale }.sorted()
        let smallest = heights.dropFirst(Self.crowd - 1).first
        let isCrowd = smallest.map { $0 < Self.surelyFound } ?? false
        guard isCrowd || heights.isEmpty, Float(originalLongSide) > needed, let large = try original(),
            Float(large.longSide) > needed
        else { return found }
        let largeScale = Float(large.longSide) / Float(raster.longSide)
        if largeScale > 1 { pyramid.add(large, scale: largeScale) }
        let close = try closer(large, than: picture, smallest)
        let closeScale = Float(close.longSide) / Float(raster.longSide)
        let finest = try await proposer.proposals(inTilesOf: close, deadline: deadline)
            .map { $0.mapped(scale: 1 / closeScale) }
        return (found + finest).withoutDuplicates(limit: 0.4)
    }

    /// What the third pass looks at: the original, or as much of it as the smallest faces need.
    ///
    /// - Parameter smallest: their height in the second pass; nil where it shows none.
    private func closer(_ original: Raster, than picture: Raster, _ smallest: Float?) throws -> Raster {
        guard let smallest else { return original }
        let long = max(Self.worthwhile, Self.closeHeight / smallest) * Float(picture.longSide)
        // Tiles are few and large: a picture that is hardly smaller has as many.
        guard long * 1.1 < Float(original.longSide) else { return original }
        return try original.resized(longSide: Int(long), fast: true)
    }

    private func needsDetail(_ proposals: [FaceCandidate], scale: Float, longSide: Int) -> Bool {
        guard longSide >= Self.detailFrom else { return false }
        if longSide > Self.detailAlwaysFrom { return true }
        let likely = proposals.filter(\.isLikely)
        return likely.isEmpty || likely.contains { $0.box.height * scale < Self.surelyFound }
    }

    /// A short side that exceeds one tile by little is brought down to it, which halves the work.
    private func detailSize(of raster: Raster) -> (width: Int, height: Int) {
        let (long, short) = (Double(raster.longSide), Double(min(raster.width, raster.height)))
        var scale = min(1, Double(Self.detailLong) / long)
        let tile = Double(FaceProposer.side)
        if short * scale > tile, short * scale < tile * 1.15 { scale = tile / short }
        return (
            max(1, Int((Double(raster.width) * scale).rounded())),
            max(1, Int((Double(raster.height) * scale).rounded()))
        )
    }
}
