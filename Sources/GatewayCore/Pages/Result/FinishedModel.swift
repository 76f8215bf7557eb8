import Analyses
import Contracts
import Foundation
import Reports

/// The part of a result page that shows faces and what they look like.
struct FinishedModel: Sendable {
    let clean: String
    let annotated: String
    /// The picture in full size; nil when the photo is kept no more.
    let full: String?
    let pdf: String
    let fileStem: String
    let width: Int
    let height: Int
    let alternative: String
    let heading: String
    let faces: [FaceModel]
    let hasFaces: Bool
    /// The form for a face that the model missed, where it was asked for.
    let mark: MarkModel?
    /// Where it is asked for; nil on a shared page.
    let markAddress: String?
    /// What to do where no face was found; nil where there are faces, and on a shared page.
    let advice: String?
    /// What the faces can be narrowed to; empty where all of them look alike.
    let looks: [LookModel]
    let hasLooks: Bool
    /// Whether each face is a row: then they can be put into another order.
    let isLong: Bool
    /// "All 25"
    let all: String
    /// Whether the photo may stay in view beside the list: a high one would leave nothing of it.
    let isBroad: Bool
    /// Whether its height bounds it in a high window.
    let isTall: Bool
    /// What the person has to know of the photo, such as that it is shown turned.
    let remarks: [String]
    let model: String?
    let timings: [AnalysisWords.Detail]
    let attempts: Int
    let finished: Moment?

    /// - Parameters:
    ///   - address: what the addresses of its pictures begin with.
    ///   - isElsewhere: whether the page that holds it has another address, as one that refuses a form.
    ///   - isShared: whether others look at it, who change nothing.
    init(
        _ analysis: Analysis, address: String, form: FaceForm? = nil, isElsewhere: Bool = false, isShared: Bool = false
    ) {
        clean = address + "/clean.jpg"
        // Saved by its answer's own word: where it is not drawn in time, a page says so.
        annotated = address + "/annotated.jpg?download"
        full = analysis.keepsPhoto && !isShared ? address + "/full.jpg?wait=20&download" : nil
        pdf = address + ".pdf"
        fileStem = AnalysisWords.fileStem(analysis)
        width = analysis.previewWidth ?? analysis.width ?? 1
        height = analysis.previewHeight ?? analysis.height ?? 1
        let preview = (width, height)
        let isRow = analysis.faces.count + analysis.missed.count > Self.mostCards
        // Written out for each of many faces it would be a tenth of the page.
        let page = isElsewhere ? address : ""
        let found = analysis.shownFaces.map {
            FaceModel(
                $0, photo: analysis.shownSize, preview: preview, isRow: isRow, page: page, address: address,
                isShared: isShared)
        }
        let missed = analysis.shownMissed.map {
            FaceModel(
                $0, photo: analysis.shownSize, preview: preview, isRow: isRow, page: page, isShared: isShared)
        }
        var faces = found + missed
        if case .correcting(let number, let problem)? = form,
            let index = faces.firstIndex(where: { $0.number == number })
        {
            faces[index].correct(address: address, problem: problem)
        }
        if case .explaining(let number)? = form, let index = found.firstIndex(where: { $0.number == number }) {
            faces[index].explain()
        }
        self.faces = faces
        mark =
            if case .marking(let form, let problem)? = form { MarkModel(form, address: address, problem: problem) } else
            { nil }
        markAddress = isShared ? nil : page + "?mark"
        advice = faces.isEmpty && !isShared ? AnalysisWords.noFaceRemark : nil
        hasFaces = !faces.isEmpty
        let counts = LookCounts(analysis.looks).counts
        looks = counts.count > 1 ? counts.map { LookModel(look: $0.look, words: LookCounts.words($0)) } : []
        hasLooks = !looks.isEmpty
        isLong = isRow
        all = "All \(faces.count)"
        isBroad = height * 10 <= width * 8
        isTall = height * 10 > width * 11
        heading = analysis.looks.isEmpty ? "No face found" : Words.count(analysis.looks.count, "face")
        alternative = Self.alternative(AnalysisWords.title(of: analysis), faces.count)
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
    /// What it is narrowed by: its class, `unsure`, or `none` for what is no face.
    let look: String
    /// "happy", for the label on the picture.
    let word: String
    /// "?" behind it, and behind the number alone, where the model is not sure and nobody has said.
    let doubt: String
    /// In percent of the picture, so that the boxes need no script and no inline style.
    let left: String
    let top: String
    let width: String
    let height: String
    /// Wide enough for the number's digits and the doubt.
    let labelWidth: Int
    let labelCentre: String
    /// "appears happy, 87 %"
    let summary: String
    /// "appears happy", "perhaps happy" where the model is not sure, or "you: happy" where the person said so; for others
    /// that is "by hand: happy".
    let appearance: String
    /// "87 %"; empty where the person said something.
    let percent: String
    /// For its colour: what the person said, else the model's class.
    let emotion: String
    let notSure: Bool
    let bars: [Bar]
    /// Whether the model has an answer of it.
    let hasBars: Bool
    let parts: [Part]
    let notes: [String]
    let hasNotes: Bool
    /// The square around the face in preview pixels, for an SVG viewBox.
    let crop: String
    private(set) var why: WhyModel?
    /// Where it is written out; nil where it stands here, or there is nothing to tell.
    private(set) var whyAddress: String?
    /// Of a row: whether more than its line is shown at first.
    private(set) var isOpen = false
    /// "You said: afraid", for others "Corrected by hand: afraid"; nil where the person said nothing.
    let said: String?
    /// Whether the person said that it is no face.
    let isNone: Bool
    /// Nil on a shared page.
    let correctAddress: String?
    /// "Correct", or "Change" where something was said.
    let correctLabel: String
    /// The form in which it is corrected, where that was asked for.
    private(set) var form: CorrectionModel?
    private let correction: Correction?
    /// What ``why`` is where it is written out.
    private let explanation: WhyModel?

    typealias Size = (width: Double, height: Double)

    init(
        _ face: FaceResult, photo: Size, preview: (width: Int, height: Int), isRow: Bool = false, page: String = "",
        address: String = "", isShared: Bool = false
    ) {
        self.init(
            face.number, face.box, face.correction, answer: face, summary: FaceWords.summary(face),
            said: isShared ? FaceWords.said(of: face) : Self.said(face.correction), photo, preview, isRow: isRow,
            page: page, address: address, isShared: isShared)
    }

    /// A face that the model missed.
    init(
        _ face: MissedFace, photo: Size, preview: (width: Int, height: Int), isRow: Bool, page: String,
        isShared: Bool = false
    ) {
        self.init(
            face.number, face.box, face.correction, answer: nil,
            summary: isShared ? "missed by the model" : "marked by you",
            said: isShared ? FaceWords.summary(face) : Self.said(face.correction), photo, preview, isRow: isRow,
            page: page, address: "", isShared: isShared)
    }

    private init(
        _ number: Int, _ box: FaceResult.Box, _ correction: Correction?, answer: FaceResult?, summary: String,
        said: String?, _ photo: Size, _ preview: (width: Int, height: Int), isRow: Bool, page: String, address: String,
        isShared: Bool
    ) {
        self.number = number
        self.isRow = isRow
        self.correction = correction
        self.summary = summary
        isNone = correction?.look == .notAFace
        look = (correction == nil ? answer?.look : correction?.look.look) ?? "none"
        let lookWord = isNone ? "not a face" : LookCounts.word(look)
        let unsure = correction == nil ? answer.flatMap { $0.notSure ? $0 : nil } : nil
        word = unsure.map { EmotionWords.adjective($0.emotion) } ?? lookWord
        doubt = unsure == nil ? "" : "?"
        left = Self.percent(box.x, of: photo.width)
        top = Self.percent(box.y, of: photo.height)
        width = Self.percent(box.width, of: photo.width)
        height = Self.percent(box.height, of: photo.height)
        labelWidth = 10 + 8 * (String(number) + doubt).count
        labelCentre = Self.decimal(Double(labelWidth) / 2)
        emotion = correction.map { $0.look.emotion ?? LookCounts.unsure } ?? answer?.emotion ?? LookCounts.unsure
        notSure = answer?.notSure ?? false
        appearance =
            correction == nil ? answer.map(Self.appearance) ?? "" : "\(isShared ? "by hand" : "you"): \(lookWord)"
        // The model's number does not belong to the person's word.
        percent = correction == nil ? answer.map { Words.percent($0.confidence) } ?? "" : ""
        bars = answer.map { answer in Emotion.names.map { Self.bar($0, answer) } } ?? []
        hasBars = answer != nil
        parts = answer.map(Self.parts) ?? []
        notes = answer.map { answer in answer.notes.map { Self.note($0, answer) } } ?? []
        hasNotes = !notes.isEmpty
        let scale = Double(preview.width) / max(1, photo.width)
        crop = Self.crop(box, scale: scale)
        explanation = answer.flatMap { WhyModel($0, scale: scale, address: address, isOpen: isRow) }
        why = isRow ? nil : explanation
        whyAddress = isRow && explanation != nil ? "\(page)?why=\(number)" : nil
        self.said = said
        correctAddress = isShared ? nil : "\(page)?correct=\(number)"
        correctLabel = correction == nil ? "Correct" : "Change"
    }

    /// Writes out why it appears so.
    mutating func explain() {
        why = explanation
        whyAddress = nil
        isOpen = true
    }

    /// Opens the form in which it is corrected.
    mutating func correct(address: String, problem: String?) {
        isOpen = true
        form = CorrectionModel(
            number: number, said: correction, isMissed: !hasBars, address: address, problem: problem)
    }

    private static func said(_ correction: Correction?) -> String? {
        correction.map { "You said: \(FaceWords.said($0.look))" }
    }

    private static func appearance(_ face: FaceResult) -> String {
        "\(face.notSure ? "perhaps" : "appears") \(EmotionWords.adjective(face.emotion))"
    }

    private static func value(_ emotion: String, _ face: FaceResult) -> Double {
        min(1, max(0, face.probabilities[emotion] ?? 0))
    }

    private static func bar(_ emotion: String, _ face: FaceResult) -> Bar {
        let value = value(emotion, face)
        return Bar(
            label: EmotionWords.label(emotion), percent: Words.percent(value),
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
        case "covered": "Mouth or eyes are covered, so this is less reliable."
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
    static func decimal(_ value: Double, places: Double = 10) -> String {
        let rounded = (value * places).rounded() / places
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
