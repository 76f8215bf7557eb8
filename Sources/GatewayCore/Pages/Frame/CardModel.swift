import Analyses
import Foundation
import Reports

/// One analysis in a list: home and history.
struct CardModel: Sendable {
    let id: String
    let status: String
    let address: String
    let title: String
    let submitted: Moment
    /// "24 November 2026", instead of when it was sent; nil where that is shown.
    let taken: String?
    /// The re-encoded thumbnail's address; nil until there is one.
    let thumbnail: String?
    /// "x-2 y-1": where across and down the largest face lies, for what is seen of a photo that is cut; nil without one.
    let focus: String?
    let isOpen: Bool
    let isFailed: Bool
    /// Whether trying it again may help.
    let canRetry: Bool
    /// "Waiting", "Being analysed", "2 faces, mostly happy", "No face found", "Failed"
    let state: String
    /// The class that most faces show, for its colour; nil without one.
    let emotion: String?
    let jsonAddress: String
    let tags: [TagModel]
    let hasTags: Bool
    /// "+16": those for which a card has no room.
    let moreTags: String?
    /// Whether it can be chosen, to do something to several.
    let isSelectable: Bool

    /// - Parameters:
    ///   - title: nil for the analysis's own.
    ///   - folder: what its address begins with.
    init(
        _ analysis: Analysis, isSelectable: Bool = false, byTaken: Bool = false, title: String? = nil,
        in folder: String = "/analyses",
        now: Date = Date()
    ) {
        id = analysis.id.lower
        status = analysis.status.rawValue
        address = "\(folder)/\(id)"
        jsonAddress = address + ".json"
        self.title = title ?? AnalysisWords.title(of: analysis)
        submitted = Moment(analysis.submittedAt, now: now)
        let isKnown = byTaken && analysis.takenAt != nil
        taken = isKnown ? Moment(analysis.takenOrSubmittedAt, now: now, zone: .gmt).day : nil
        thumbnail = analysis.status == .finished ? address + "/thumbnail.jpg" : nil
        focus = Self.focus(of: analysis)
        isOpen = !analysis.status.isTerminal
        isFailed = analysis.status == .failed
        canRetry = analysis.canRetry
        state = Self.state(of: analysis)
        emotion = if case .emotion(let word, _)? = analysis.dominant { word } else { nil }
        tags = analysis.tags.prefix(Self.mostTags).map(TagModel.init)
        hasTags = !analysis.tags.isEmpty
        let rest = analysis.tags.count - Self.mostTags
        moreTags = rest > 0 ? "+\(rest)" : nil
        self.isSelectable = isSelectable
    }

    /// Five places each way, from 0. What lies in the outer quarters is best seen from the edge.
    private static func focus(of analysis: Analysis) -> String? {
        guard let box = analysis.shownFaces.first(where: { $0.look != nil })?.box else { return nil }
        let size = analysis.shownSize
        func place(_ middle: Double) -> Int { Int(min(4, max(0, middle * 6 - 1)).rounded()) }
        return "x-\(place((box.x + box.width / 2) / size.width)) y-\(place((box.y + box.height / 2) / size.height))"
    }

    /// Two lines of a card.
    private static let mostTags = 3

    private static func state(of analysis: Analysis) -> String {
        switch analysis.status {
        case .queued: return "Waiting"
        case .processing: return "Being analysed"
        case .failed: return "Could not be analysed"
        case .cancelled: return "Cancelled"
        case .finished: break
        }
        return state(of: analysis.looks)
    }

    private static func state(of looks: [String]) -> String {
        let many = Words.count(looks.count, "face")
        switch DominantEmotion(looks) {
        case .noFace: return "No face found"
        case .unsure: return looks.count == 1 ? "One face, not sure" : "\(many), not sure"
        case .emotion(let emotion, let count):
            let look = EmotionWords.adjective(emotion)
            if looks.count == 1 { return "Appears \(look)" }
            if count == looks.count { return "\(many), all appear \(look)" }
            if count * 2 > looks.count { return "\(many), mostly \(look)" }
            if count == 1 { return "\(many), the largest: \(look)" }
            let equals = LookCounts(looks).counts.filter { $0.look != LookCounts.unsure && $0.count == count }
            guard equals.count <= 2 else { return "\(many), of different looks" }
            return "\(many), most often \(equals.map { LookCounts.word($0.look) }.joined(separator: " or "))"
        }
    }
}

/// A tag with the way to all that carry it.
struct TagModel: Sendable {
    let word: String
    let address: String

    init(_ word: String) {
        self.word = word
        address = "/analyses?tag=\(word.addingPercentEncoding())"
    }
}
