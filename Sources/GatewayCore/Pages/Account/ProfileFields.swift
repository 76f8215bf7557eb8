import Accounts
import Foundation

/// The form for name, address, time zone and theme.
struct ProfileFields: Sendable {
    struct Zone: Sendable {
        let value: String
        let label: String
        let isChosen: Bool
    }
    /// The zones of a continent.
    struct Region: Sendable {
        let label: String
        let zones: [Zone]
    }

    let name: String
    let email: String
    let regions: [Region]
    let nameError: String?
    let emailError: String?
    let zoneError: String?
    let themes: [Choice]
    let themeError: String?
    let asks: AskAgainModel

    init(_ user: User, asked: AskedAgain) {
        self.init(
            ProfileChange(name: user.name, email: user.email, timeZone: user.timeZone, theme: user.theme), asked: asked)
    }

    init(_ change: ProfileChange, asked: AskedAgain, errors: [AccountError] = []) {
        name = change.name
        email = change.email
        regions = Self.regions(chosen: change.timeZone)
        nameError = errors.message("name")
        emailError = errors.message("email")
        zoneError = errors.message("zone")
        themes = Theme.allCases.map {
            Choice(value: $0.rawValue, label: $0.words, isChosen: $0 == change.theme)
        }
        themeError = errors.message("theme")
        asks = AskAgainModel("profile", asked, reason: "to change the e-mail address", errors: errors)
    }

    private static func regions(chosen: String) -> [Region] {
        var regions: [(label: String, zones: [Zone])] = []
        for identifier in TimeZoneChoice.all {
            let parts = identifier.split(separator: "/", maxSplits: 1).map {
                $0.replacingOccurrences(of: "_", with: " ")
            }
            let zone = Zone(value: identifier, label: parts.last ?? identifier, isChosen: identifier == chosen)
            let label = parts.count > 1 ? parts[0] : "Universal"
            if regions.last?.label == label {
                regions[regions.count - 1].zones.append(zone)
            } else {
                regions.append((label, [zone]))
            }
        }
        return regions.map { Region(label: $0.label, zones: $0.zones) }
    }
}

extension Theme {
    /// For the form.
    fileprivate var words: String {
        switch self {
        case .system: "As on this device"
        case .light: "Light"
        case .dark: "Dark"
        }
    }
}
