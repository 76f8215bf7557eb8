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

    /// Draws a photo as large as it is, with what was found in it.
    ///
    /// - Returns: a JPEG.
    /// - Throws: `VisionError` when the photo cannot be drawn.
    func draw(_ photo: [UInt8], faces: [LabelledFace], rotation: Int) async throws -> [UInt8]
}

extension Pipeline: PhotoAnalysing {}
