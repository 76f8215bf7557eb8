import Blocking
import Foundation
import Imaging
import Inference

/// Proposes faces with YuNet: quick, with hardly a face left out, and with much that is none.
///
/// Its functions run where they are called from, on the pipeline's own thread.
final class FaceProposer: Sendable {
    private let wide: CompiledModel
    private let narrow: CompiledModel

    /// The two input shapes: one for a photo or a tile of it, and a sixteenth of it for what fills the photo.
    static let side = 640
    static let narrowSide = 160
    /// Neighbouring tiles share at least this many pixels, so that a face this high is whole in one of them.
    static let tileOverlap = 64
    /// Half of what scores more is no face. On the labelled photos nothing more was found with 0.3, which cost the judge an
    /// eighth more windows.
    private static let threshold: Float = 0.4
    /// More tiles than any photo has whose sides differ by less than twenty times: a ribbon of a dozen pixels by a million
    /// would keep a process busy past its deadline for faces that it has no room for.
    private static let mostTiles = 200

    init(_ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor) throws(InferenceError) {
        wide = try Self.compile(Self.side, file, core: core, options: options, executor: executor)
        narrow = try Self.compile(Self.narrowSide, file, core: core, options: options, executor: executor)
    }

    /// The network for one square shape, fed with interleaved bytes.
    static func compile(
        _ side: Int, _ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) -> CompiledModel {
        let source = try ModelFile(file, core: core)
        try source.reshape(YuNet.input, to: [1, 3, side, side])
        try source.acceptInterleavedBytes(for: YuNet.input, reversed: true)
        return try CompiledModel(source, core: core, options: options, executor: executor)
    }

    /// Proposes faces in a picture of at most 640 × 640 pixels, or of at most 160 × 160.
    ///
    /// - Returns: in pixels of `picture`, without duplicates.
    nonisolated(nonsending) func proposals(inOne picture: Raster) async throws -> [FaceCandidate] {
        let isNarrow = picture.longSide <= Self.narrowSide
        return try await scan(
            TileGrid.Tile(x: 0, y: 0, touchesRight: true, touchesBottom: true), of: picture,
            with: isNarrow ? narrow : wide, side: isNarrow ? Self.narrowSide : Self.side)
    }

    /// Proposes faces in a picture of any size, tile by tile; where there are several tiles only faces that are whole in
    /// one.
    ///
    /// - Returns: in pixels of `picture`, without duplicates; nothing for a picture of too many tiles.
    nonisolated(nonsending) func proposals(
        inTilesOf picture: Raster, deadline: Deadline
    ) async throws -> [FaceCandidate] {
        let grid = TileGrid(
            width: picture.width, height: picture.height, side: Self.side, overlap: Self.tileOverlap)
        guard grid.tiles.count <= Self.mostTiles else { return [] }
        let tallest = grid.tiles.count == 1 ? Float.infinity : Float(Self.tileOverlap)
        var found: [FaceCandidate] = []
        for tile in grid.tiles {
            try deadline.check()
            found += try await scan(tile, of: picture, with: wide, side: Self.side)
                .filter { $0.box.height <= tallest }
                .map { $0.mapped(scale: 1, dx: Float(tile.x), dy: Float(tile.y)) }
        }
        return found.withoutDuplicates(limit: 0.4)
    }

    /// Runs the network on a part of a picture and drops faces that the tile's inner edges cut.
    private nonisolated(nonsending) func scan(
        _ tile: TileGrid.Tile, of picture: Raster, with model: CompiledModel, side: Int
    ) async throws -> [FaceCandidate] {
        let area = PixelRect(
            x: tile.x, y: tile.y, width: min(side, picture.width - tile.x), height: min(side, picture.height - tile.y))
        let pixels = try picture.square(of: area, scaledTo: (area.width, area.height), side: side)
        let input = try Tensor(.bytes(pixels), shape: [1, side, side, 3])
        let all = try await model.infer([YuNet.input: input]) { outputs in
            var found: [FaceCandidate] = []
            for stride in YuNet.strides {
                found += try Self.read(outputs, stride: stride, cells: side / stride)
            }
            return found
        }
        let (width, height) = (Float(area.width), Float(area.height))
        return all.withoutDuplicates(limit: 0.3).filter { face in
            let (right, bottom) = (face.box.x + face.box.width, face.box.y + face.box.height)
            // The padding is no picture: a face whose middle lies there is none.
            guard face.box.x + face.box.width / 2 < width, face.box.y + face.box.height / 2 < height else {
                return false
            }
            return (tile.x == 0 || face.box.x > 1) && (tile.y == 0 || face.box.y > 1)
                && (tile.touchesRight || right < width - 1) && (tile.touchesBottom || bottom < height - 1)
        }
    }

    private static func read(_ outputs: borrowing Outputs, stride: Int, cells: Int) throws -> [FaceCandidate] {
        let names = YuNet.outputs(stride: stride)
        return try outputs.withFloats(names.face) { face, _ in
            try outputs.withFloats(names.object) { object, _ in
                try outputs.withFloats(names.box) { box, _ in
                    try outputs.withFloats(names.landmarks) { landmarks, _ in
                        let grid = YuNet.Grid(
                            stride: stride, columns: cells, rows: cells, face: face, object: object, box: box,
                            landmarks: landmarks)
                        return try YuNet.decode(grid, threshold: threshold)
                    }
                }
            }
        }
    }
}
