import Blocking
import Imaging

/// A face whose place in a photo is known.
public struct KnownFace: Sendable {
    /// In pixels of the oriented original.
    public var box: FaceBox
    /// Five, as the detector tells them; none for a face that a person marked, and for a photo taken whole.
    public var landmarks: [FacePoint]
    /// Whether the photo was taken whole as this face.
    public var isWholePhoto: Bool

    /// Makes a face.
    public init(box: FaceBox, landmarks: [FacePoint], isWholePhoto: Bool) {
        self.box = box
        self.landmarks = landmarks
        self.isWholePhoto = isWholePhoto
    }

    /// What is classified of it.
    func square(in turn: PhotoTurn) -> CropSquare {
        let face = FaceCandidate(box: box, landmarks: landmarks, score: 0)
        return isWholePhoto ? CropSquare(of: face, in: turn) : CropSquare(likeFER2013: FacePlace(face, in: turn))
    }
}

/// Cuts known faces out of photos just as the pipeline does before it classifies them; it needs no network.
public actor FaceCutter {
    private nonisolated let executor = BlockingExecutor(label: "mien.cutter")
    private let acceptsHEIF: Bool
    private let limits: Pipeline.Limits

    /// A thread of its own, since decoding takes its time.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes a cutter.
    public init(acceptsHEIF: Bool = false, limits: Pipeline.Limits = Pipeline.Limits()) throws {
        do {
            try Imaging.require()
        } catch {
            throw VisionError(error)
        }
        self.acceptsHEIF = acceptsHEIF
        self.limits = limits
    }

    /// The faces as PNG pictures of 48 × 48 grey pixels, in their order.
    ///
    /// - Parameters:
    ///   - photo: the whole file.
    ///   - rotation: by how many degrees clockwise the oriented original has to be turned to be upright.
    /// - Throws: `VisionError`, whose description is safe to show.
    public func pictures(of faces: [KnownFace], in photo: [UInt8], rotation: Int) throws -> [[UInt8]] {
        do {
            return try crops(of: faces, in: photo, rotation: rotation).map {
                try GreyPNG.encode($0.pixels, width: FaceCrop.side, height: FaceCrop.side)
            }
        } catch {
            throw VisionError(error)
        }
    }

    func crops(of faces: [KnownFace], in bytes: [UInt8], rotation: Int) throws -> [FaceCrop] {
        let deadline = Deadline(
            processorTime: limits.processorTime, clock: limits.processorTime * Pipeline.Limits.clockFactor)
        let photo = try Photo(bytes, maxPixels: limits.maxPixels, acceptsHEIF: acceptsHEIF)
        let raster = try photo.decode(longSide: Preview.longSide, deadline: deadline)
        let turn = PhotoTurn(rawValue: rotation) ?? .none
        let plan = CropPlan(squares: faces.map { $0.square(in: turn) }, raster: raster, photo: photo)
        return try plan.crops(deadline: deadline)
    }
}
