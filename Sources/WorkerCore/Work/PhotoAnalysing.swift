public import Vision

/// What turns a photo into faces and emotions: `Vision.Pipeline` everywhere but in tests that plant faults.
public protocol PhotoAnalysing: Sendable {
    /// The classifier that is loaded.
    var model: ModelCard { get }

    /// Finds and classifies the faces of a photo.
    ///
    /// - Parameter photo: the untrusted bytes of a JPEG, PNG or WebP.
    /// - Throws: `VisionError` when the photo cannot be analysed.
    func analyse(_ photo: [UInt8]) async throws -> PhotoAnalysis

    /// Draws what was found in a photo on it, or on its clean picture.
    ///
    /// - Returns: a JPEG of at most so many bytes.
    /// - Throws: `VisionError` when the picture cannot be drawn.
    func draw(_ picture: [UInt8], _ drawing: FaceDrawing, maximumBytes: Int) async throws -> [UInt8]
}

extension Pipeline: PhotoAnalysing {}
