import Analyses
import Contracts
import Foundation
import Reports

/// The part of a result page that shows faces and what they look like.
struct FinishedModel: Sendable {
    let clean: String
    let annotated: String
    let pdf: String
    let fileStem: String
    let width: Int
    let height: Int
    let alternative: String
    let heading: String
    let faces: [FaceModel]
    let hasFaces: Bool
    let isCut: Bool
    let isWhole: Bool
    /// What the person has to know of the photo, such as that it is shown turned.
    let remarks: [String]
    let model: String?
    let timings: [AnalysisWords.Detail]
    let attempts: Int
    let finished: Moment?

    init(_ analysis: Analysis, address: String) {
        clean = address + "/clean.jpg"
        annotated = address + "/annotated.jpg"
        pdf = address + ".pdf"
        fileStem = AnalysisWords.fileStem(analysis)
        width = analysis.previewWidth ?? analysis.width ?? 1
        height = analysis.previewHeight ?? analysis.height ?? 1
        let preview = (width, height)
        faces = analysis.shownFaces.map {
            FaceModel($0, photo: analysis.shownSize, preview: preview, clean: address + "/clean.jpg")
        }
        hasFaces = !faces.isEmpty
        heading = faces.isEmpty ? "No face found" : Words.count(faces.count, "face")
        alternative = Self.alternative(AnalysisWords.title(of: analysis), faces.count)
        isCut = analysis.facesCut
        isWhole = analysis.faceCrop
        remarks = AnalysisWords.remarks(analysis)
        model = analysis.model.map { "\($0.name) \($0.version)" }
        timings = AnalysisWords.timings(analysis)
        attempts = analysis.attempts
        finished = analysis.finishedAt.map { Moment($0) }
    }

    private static func alternative(_ title: String, _ count: Int) -> String {
        count == 0 ? "Photo “\(title)”" : "Photo “\(title)” with \(Words.count(count, "numbered face"))"
    }
}

/// One face: its box on the picture, its picture, and its seven bars.
struct FaceModel: Sendable {
    struct Bar: Sendable {
        let emotion: String
        let label: String
        /// "87 %"
        let percent: String
        /// For the bar's length: "87.3%"
        let length: String
        let isTop: Bool
    }

    let number: Int
    /// In percent of the picture, so that the boxes need no script and no inline style.
    let left: String
    let top: String
    let width: String
    let height: String
    /// Pixels that the number's label is moved up: out of the box, or into it when there is no room above.
    let labelShift: String
    /// Wide enough for the number's digits.
    let labelWidth: Int
    let labelCentre: String
    /// "appears happy, 87 %"
    let summary: String
    let emotion: String
    let notSure: Bool
    let bars: [Bar]
    let notes: [String]
    let hasNotes: Bool
    /// "61 × 76 pixels"
    let size: String
    /// The square around the face in preview pixels, for an SVG viewBox.
    let crop: String
    let picture: String
    let pictureWidth: Int
    let pictureHeight: Int

    init(_ face: FaceResult, photo: (width: Double, height: Double), preview: (width: Int, height: Int), clean: String)
    {
        number = face.number
        left = Self.percent(face.box.x, of: photo.width)
        top = Self.percent(face.box.y, of: photo.height)
        width = Self.percent(face.box.width, of: photo.width)
        height = Self.percent(face.box.height, of: photo.height)
        labelShift = face.box.y / max(1, photo.height) < 0.06 ? "0" : "-22"
        labelWidth = 14 + 8 * String(face.number).count
        labelCentre = Self.decimal(Double(14 + 8 * String(face.number).count) / 2)
        emotion = face.emotion
        notSure = face.notSure
        summary = FaceWords.summary(face)
        bars = Emotion.names.map { Self.bar($0, face) }
        notes = face.notes.map(Self.note)
        hasNotes = !face.notes.isEmpty
        size = FaceWords.size(face)
        crop = Self.crop(face.box, scale: Double(preview.width) / max(1, photo.width))
        picture = clean
        pictureWidth = preview.width
        pictureHeight = preview.height
    }

    private static func bar(_ emotion: String, _ face: FaceResult) -> Bar {
        let value = min(1, max(0, face.probabilities[emotion] ?? 0))
        return Bar(
            emotion: emotion, label: EmotionWords.label(emotion), percent: Words.percent(value),
            length: decimal(value * 100) + "%", isTop: emotion == face.emotion)
    }

    private static func note(_ note: String) -> String {
        switch note {
        case "small": "The face is small in the photo, so this is less reliable."
        case "turned": "The face is turned away, so this is less reliable."
        case "dark": "The face is dark, so this is less reliable."
        case "blurred": "The face is blurred, so this is less reliable."
        default: note.capitalized
        }
    }

    /// A square a little larger than the box, as thumbnails are.
    private static func crop(_ box: FaceResult.Box, scale: Double) -> String {
        let side = max(box.width, box.height) * 1.25
        let x = box.x + (box.width - side) / 2
        let y = box.y + (box.height - side) / 2
        return [x, y, side, side].map { decimal($0 * scale) }.joined(separator: " ")
    }

    private static func percent(_ value: Double, of whole: Double) -> String {
        decimal(whole > 0 ? value / whole * 100 : 0, places: 100) + "%"
    }

    /// With a point, whatever the machine's language, as SVG needs it.
    private static func decimal(_ value: Double, places: Double = 10) -> String {
        let rounded = (value * places).rounded() / places
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
