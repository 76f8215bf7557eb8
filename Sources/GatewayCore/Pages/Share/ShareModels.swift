import Analyses
import Foundation
import Reports
import Sharing

/// The part of a page in which its owner gives others a link to what it shows.
struct SharingModel: Sendable {
    /// A link that was made just now: the only time that it is shown.
    struct Made: Sendable {
        let link: String
        /// "Whoever has it sees this result until 6 December 2026, 08:44 UTC."
        let remark: String
    }

    /// What was sent, and what is wrong with it.
    struct Fields: Sendable {
        var days = "\(ShareRequest.usualDays)"
        var information = SharedInformation.title.rawValue
        var givesOriginal = false
        var errors: [String: String] = [:]
    }

    let action: String
    /// "Share this result"
    let question: String
    let made: Made?
    /// That a link has just been ended.
    let ended: String?
    /// Whether there may be one more.
    let canMake: Bool
    let lifetimes: [Choice]
    let tellings: [Choice]
    /// Whether there are photos to save as they were sent.
    let offersOriginal: Bool
    let givesOriginal: Bool
    let daysError: String?
    let passwordError: String?
    let informationError: String?
    let links: [ShareRow]
    let hasLinks: Bool
    /// The page without the part.
    let back: String
    /// Whether the page that holds it has another address, as one that answers the form.
    let isElsewhere: Bool

    init(
        of subject: Share.Subject, links: [ListedShare], isOn: Bool, offersOriginal: Bool, fields: Fields? = nil,
        made: Made? = nil, ended: String? = nil, now: Date = Date()
    ) {
        let address = Self.address(of: subject)
        action = "\(address)/shares#share"
        question = subject.batch == nil ? "Share this result" : "Share these photos"
        self.made = made
        self.ended = ended
        canMake = isOn
        isElsewhere = fields != nil || made != nil
        let fields = fields ?? Fields()
        lifetimes = ShareRequest.lifetimes.map {
            Choice(value: "\($0)", label: Words.count($0, "day"), isChosen: "\($0)" == fields.days)
        }
        tellings = [SharedInformation.title, .all, .nothing].map {
            Choice(value: $0.rawValue, label: Self.label($0), isChosen: $0.rawValue == fields.information)
        }
        self.offersOriginal = offersOriginal
        givesOriginal = fields.givesOriginal
        daysError = fields.errors["days"]
        passwordError = fields.errors["password"]
        informationError = fields.errors["information"]
        self.links = links.map { ShareRow($0, on: subject, now: now) }
        hasLinks = !links.isEmpty
        back = address
    }

    private static func label(_ information: SharedInformation) -> String {
        switch information {
        case .nothing: "Nothing"
        case .title: "The title"
        case .all: "Title, who or what is shown, tags, date and notes"
        }
    }

    static func address(of subject: Share.Subject) -> String {
        switch subject {
        case .analysis(let id): "/analyses/\(id.lower)"
        case .batch(let id): "/batches/\(id.lower)"
        }
    }

    /// The page with the part.
    static func page(of subject: Share.Subject) -> String { "\(address(of: subject))?share#share" }

    /// "Shared by 2 links"; nil for none.
    static func words(links: Int) -> String? { links == 0 ? nil : "Shared by \(Words.count(links, "link"))" }
}

/// A link in a list of its owner's.
struct ShareRow: Sendable {
    let id: String
    /// "/s/Ab3dxy…"
    let beginning: String
    /// What it shows, with the way there; nil on that very page.
    let subject: String?
    let subjectAddress: String?
    let isOver: Bool
    /// "Ended", "Expired"; nil while it works.
    let over: String?
    let made: Moment
    /// "works until 6 December 2026, 08:44 UTC"
    let term: String
    /// "opened 3 times"
    let opened: String
    let viewed: Moment?
    /// "with a password"; what is unusual of it.
    let traits: String?
    /// Where one comes back to after it was ended.
    let back: String

    /// - Parameter page: whose page the list is on; nil for the list of all.
    init(_ listed: ListedShare, on page: Share.Subject? = nil, now: Date = Date()) {
        let share = listed.share
        id = share.id.lower
        beginning = SharedLink.address(share.prefix) + "…"
        let isHere = share.subject == page
        // On the page of a photo stand the links to its batch too.
        subject = isHere ? nil : Self.subject(listed, isOfAll: page == nil)
        subjectAddress = isHere ? nil : listed.isInBin ? "/history/bin" : SharingModel.page(of: share.subject)
        let until = Moment(share.endedAt.map { min($0, share.expiresAt) } ?? share.expiresAt, now: now).exact
        (over, term) =
            switch listed.state(now: now) {
            case .open: (nil, "works until \(until)")
            case .inBin: (nil, "shows nothing while that is there, ends \(until)")
            case .expired: ("Expired", "worked until \(until)")
            case .ended: ("Ended", "worked until \(until)")
            }
        isOver = over != nil
        made = Moment(share.createdAt, now: now)
        opened =
            switch share.views {
            case 0: "never opened"
            case 1: "opened once"
            default: "opened \(Words.grouped(share.views)) times"
            }
        viewed = share.viewedAt.map { Moment($0, now: now) }
        traits = Self.traits(share)
        back = page.map { "\(SharingModel.address(of: $0))?share=ended#share" } ?? "/shares?done=ended"
    }

    private static func subject(_ listed: ListedShare, isOfAll: Bool) -> String {
        if listed.isInBin { return listed.share.subject.batch == nil ? "A photo in the bin" : "Photos in the bin" }
        guard isOfAll else { return "With the photos it was sent with" }
        return listed.title.isEmpty ? "Photos" : listed.title
    }

    private static func traits(_ share: Share) -> String? {
        var traits: [String] = []
        if share.hasPassword { traits.append("with a password") }
        if share.givesOriginal { traits.append("with the photo as it was sent") }
        switch share.information {
        case .nothing: traits.append("without the title")
        case .title: break
        case .all: traits.append("with all information")
        }
        return traits.isEmpty ? nil : traits.joined(separator: ", ")
    }
}

/// All links of a person.
struct SharesModel: Sendable {
    let site: Site
    let links: [ShareRow]
    let isEmpty: Bool
    let next: String?
    let done: String?
    /// Whether the operator has switched sharing off.
    let isOff: Bool

    init(
        site: Site, links: [ListedShare], next: ListCursor? = nil, isFirst: Bool = true, isOff: Bool = false,
        done: String? = nil, now: Date = Date()
    ) {
        self.site = site
        self.links = links.map { ShareRow($0, now: now) }
        isEmpty = links.isEmpty && isFirst
        self.next = next.map { "/shares?before=\($0.text)" }
        self.isOff = isOff
        self.done = done
    }
}
