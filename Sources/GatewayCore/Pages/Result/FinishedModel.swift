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
    /// What the faces can be narrowed to; empty where all of them look alike.
    let looks: [LookModel]
    let hasLooks: Bool
    /// "All 25"
    let all: String
    /// Whether the photo may stay in view beside the list: a high one would leave nothing of it.
    let isBroad: Bool
    /// Whether its height bounds it in a high window.
    let isTall: Bool
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
            FaceModel(
                $0, photo: analysis.shownSize, preview: preview, isRow: analysis.faces.count > Self.mostCards)
        }
        hasFaces = !faces.isEmpty
        let counts = LookCounts(analysis.faces).counts
        looks = counts.count > 1 ? counts.map { LookModel(look: $0.look, words: LookCounts.words($0)) } : []
        hasLooks = !looks.isEmpty
        all = "All \(faces.count)"
        isBroad = height * 10 <= width * 8
        isTall = height * 10 > width * 11
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

    /// More faces than these are rows that open: a card each would be a page of many screens.
    private static let mostCards = 4

    private static func alternative(_ title: String, _ count: Int) -> String {
        count == 0 ? "Photo “\(title)”" : "Photo “\(title)” with \(Words.count(count, "numbered face"))"
    }
}

/// A look that the faces can be narrowed to.
struct LookModel: Sendable {
    /// "happy", "unsure"
    let look: String
    /// "9 happy"
    let words: String
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

    /// A class's part of the one bar of a row.
    struct Part: Sendable {
        let emotion: String
        let start: String
        let length: String
    }

    let number: Int
    /// Whether it is one of many, in a row that opens.
    let isRow: Bool
    /// What it is narrowed by: its class, or `unsure`.
    let look: String
    /// "happy", for the label on the picture.
    let word: String
    /// In percent of the picture, so that the boxes need no script and no inline style.
    let left: String
    let top: String
    let width: String
    let height: String
    /// Wide enough for the number's digits.
    let labelWidth: Int
    let labelCentre: String
    /// "appears happy, 87 %"
    let summary: String
    /// "appears happy", or "perhaps happy" where the model is not sure.
    let appearance: String
    /// "87 %"
    let percent: String
    let emotion: String
    let notSure: Bool
    let bars: [Bar]
    let parts: [Part]
    let notes: [String]
    let hasNotes: Bool
    /// The square around the face in preview pixels, for an SVG viewBox.
    let crop: String

    init(
        _ face: FaceResult, photo: (width: Double, height: Double), preview: (width: Int, height: Int),
        isRow: Bool = false
    ) {
        number = face.number
        self.isRow = isRow
        look = LookCounts.look(of: face)
        word = LookCounts.word(look)
        left = Self.percent(face.box.x, of: photo.width)
        top = Self.percent(face.box.y, of: photo.height)
        width = Self.percent(face.box.width, of: photo.width)
        height = Self.percent(face.box.height, of: photo.height)
        labelWidth = 10 + 8 * String(face.number).count
        labelCentre = Self.decimal(Double(labelWidth) / 2)
        emotion = face.emotion
        notSure = face.notSure
        summary = FaceWords.summary(face)
        appearance = "\(face.notSure ? "perhaps" : "appears") \(EmotionWords.adjective(face.emotion))"
        percent = Words.percent(face.confidence)
        bars = Emotion.names.map { Self.bar($0, face) }
        parts = Self.parts(face)
        notes = face.notes.map { Self.note($0, face) }
        hasNotes = !face.notes.isEmpty
        crop = Self.crop(face.box, scale: Double(preview.width) / max(1, photo.width))
    }

    private static func value(_ emotion: String, _ face: FaceResult) -> Double {
        min(1, max(0, face.probabilities[emotion] ?? 0))
    }

    private static func bar(_ emotion: String, _ face: FaceResult) -> Bar {
        let value = value(emotion, face)
        return Bar(
            emotion: emotion, label: EmotionWords.label(emotion), percent: Words.percent(value),
            length: decimal(value * 100) + "%", isTop: emotion == face.emotion)
    }

    /// What would be less than a pixel wide is left out.
    private static func parts(_ face: FaceResult) -> [Part] {
        var start = 0.0
        return Emotion.names.compactMap { emotion in
            let value = value(emotion, face)
            defer { start += value }
            guard value >= 0.01 else { return nil }
            return Part(emotion: emotion, start: decimal(start * 100) + "%", length: decimal(value * 100) + "%")
        }
    }

    private static func note(_ note: String, _ face: FaceResult) -> String {
        switch note {
        case "small": "The face is small in the photo (\(FaceWords.size(face))), so this is less reliable."
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
