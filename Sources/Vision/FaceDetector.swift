import Blocking
import Foundation
import Imaging
import Inference

/// Finds faces in a photo with CenterFace: in one pass over the whole, for larger photos a second over details, and where
/// these show a crowd, or nothing, a third over the details of the original.
///
/// One fixed input of 640 × 640 pixels serves all passes, since every further shape would hold some 45 (bf16) to 90 MB
/// (f32) more: the second and third go over overlapping tiles.
/// Its functions run where they are called from, on the pipeline's own thread: a photo costs no change of threads, and
/// nothing blocks the cooperative pool.
final class FaceDetector: Sendable {
    private let model: CompiledModel

    static let side = 640
    private static let scoreThreshold: Float = 0.5
    /// Neighbouring tiles share at least this many pixels, so that a face this high is whole in one of them.
    private static let tileOverlap = 96
    /// Sides of the second pass: three tiles by two, which hold a working picture of 4:3 at nearly its own size, so that
    /// faces of 24 pixels in it are found at 95 % and more.
    private static let detailSides = (long: 3 * side - 2 * tileOverlap, short: 2 * side - tileOverlap)
    /// So many faces below `surelyFound` in the second pass make a crowd, in which smaller ones are likely.
    private static let crowd = 3
    /// A third pass has to show at least so much more than the second.
    private static let worthwhile: Float = 1.3
    /// More tiles than any photo has whose sides differ by less than twenty times: a ribbon of a dozen pixels by a million
    /// would keep a process busy past its deadline for faces that it has no room for.
    private static let mostTiles = 200
    /// Below this long side a second pass has nothing to add to the first.
    private static let detailFrom = 800
    /// Above this long side small faces may be lost in the first pass even where large ones are found.
    private static let detailAlwaysFrom = 1280
    /// Faces at least this high, in pixels of the first pass, are found there at 98 % and more.
    private static let surelyFound: Float = 36

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
    ) async throws -> [CenterFace.Candidate] {
        // Enlarging helps small pictures (twice: recall 83 to 86 % on hard ones); beyond that it only blurs.
        let long = min(Self.side, raster.longSide * 2)
        let whole = PixelRect(x: 0, y: 0, width: raster.width, height: raster.height)
        let first = try await scan(
            whole, of: raster, at: raster.size(longSide: long),
            TileGrid.Tile(x: 0, y: 0, touchesRight: true, touchesBottom: true))
        let scale = Float(raster.longSide) / Float(long)
        let coarse = first.map { $0.mapped(scale: scale, dx: 0, dy: 0) }
        guard needsDetail(first, longSide: min(originalLongSide, raster.longSide)) else { return coarse }
        try deadline.check()
        let size = detailSize(of: raster)
        let detailLong = Float(max(size.width, size.height))
        let fine = try await details(of: raster, at: size, deadline: deadline)
            .map { $0.mapped(scale: Float(raster.longSide) / detailLong, dx: 0, dy: 0) }
        let found = merge(coarse, fine)
        guard isCrowdOrEmpty(found, scale: detailLong / Float(raster.longSide)),
            Float(originalLongSide) > Self.worthwhile * detailLong, let large = try original(),
            Float(large.longSide) > Self.worthwhile * detailLong
        else { return found }
        let finest = try await details(of: large, at: (large.width, large.height), deadline: deadline)
            .map { $0.mapped(scale: Float(raster.longSide) / Float(large.longSide), dx: 0, dy: 0) }
        return merge(found, finest)
    }

    private func isCrowdOrEmpty(_ faces: [CenterFace.Candidate], scale: Float) -> Bool {
        faces.isEmpty || faces.count { $0.box.height * scale < Self.surelyFound } >= Self.crowd
    }

    private func needsDetail(_ faces: [CenterFace.Candidate], longSide: Int) -> Bool {
        guard longSide >= Self.detailFrom else { return false }
        if longSide > Self.detailAlwaysFrom { return true }
        return faces.isEmpty || faces.contains { $0.box.height < Self.surelyFound }
    }

    /// A pass over tiles; only faces that are whole in their tile and small enough to have been lost before.
    ///
    /// - Returns: in pixels of the picture at `size`.
    private nonisolated(nonsending) func details(
        of raster: Raster, at size: (width: Int, height: Int), deadline: Deadline
    ) async throws -> [CenterFace.Candidate] {
        let grid = TileGrid(width: size.width, height: size.height, side: Self.side, overlap: Self.tileOverlap)
        guard grid.tiles.count <= Self.mostTiles else { return [] }
        let scaled = try raster.resized(width: size.width, height: size.height, fast: true)
        var found: [CenterFace.Candidate] = []
        for tile in grid.tiles {
            try deadline.check()
            let area = PixelRect(
                x: tile.x, y: tile.y, width: min(Self.side, size.width - tile.x),
                height: min(Self.side, size.height - tile.y))
            let faces = try await scan(area, of: scaled, at: (area.width, area.height), tile)
            found += faces.filter { $0.box.height <= Float(Self.tileOverlap) }
                .map { $0.mapped(scale: 1, dx: Float(tile.x), dy: Float(tile.y)) }
        }
        return found
    }

    /// A short side that exceeds one tile by little is brought down to it, which halves the work.
    private func detailSize(of raster: Raster) -> (width: Int, height: Int) {
        let (long, short) = (Double(raster.longSide), Double(min(raster.width, raster.height)))
        var scale = min(1, Double(Self.detailSides.long) / long, Double(Self.detailSides.short) / short)
        if short * scale > Double(Self.side), short * scale < Double(Self.side) * 1.15 {
            scale = Double(Self.side) / short
        }
        return (
            max(1, Int((Double(raster.width) * scale).rounded())),
            max(1, Int((Double(raster.height) * scale).rounded()))
        )
    }

    private func merge(
        _ coarse: [CenterFace.Candidate], _ fine: [CenterFace.Candidate]
    ) -> [CenterFace.Candidate] {
        // An eye or a mouth of a large face is no face of its own.
        let outside = fine.filter { small in
            !coarse.contains {
                $0.box.area > 4 * small.box.area && $0.box.overlap(small.box) > 0.9 * small.box.area
            }
        }
        return CenterFace.withoutDuplicates(coarse + outside, limit: 0.4)
    }

    /// Runs the network on a part of a picture, scaled to at most 640 × 640 pixels, and drops faces that the tile's
    /// inner edges cut.
    private nonisolated(nonsending) func scan(
        _ area: PixelRect, of picture: Raster, at size: (width: Int, height: Int), _ tile: TileGrid.Tile
    ) async throws -> [CenterFace.Candidate] {
        let (width, height) = (Float(size.width), Float(size.height))
        let pixels = try picture.square(of: area, scaledTo: size, side: Self.side)
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
                            return try CenterFace.decode(planes, threshold: Self.scoreThreshold)
                        }
                    }
                }
            }
        }
        return CenterFace.withoutDuplicates(all, limit: 0.3).filter { face in
            let (right, bottom) = (face.box.x + face.box.width, face.box.y + face.box.height)
            // The padding is no picture: a face whose middle lies there is none.
            guard face.box.x + face.box.width / 2 < width, face.box.y + face.box.height / 2 < height else {
                return false
            }
            return (tile.x == 0 || face.box.x > 1) && (tile.y == 0 || face.box.y > 1)
                && (tile.touchesRight || right < width - 1) && (tile.touchesBottom || bottom < height - 1)
        }
    }
}
