import Accounts
import Foundation

/// The form for name, address and time zone.
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
    let currentError: String?

    init(_ user: User) {
        self.init(ProfileChange(name: user.name, email: user.email, timeZone: user.timeZone))
    }

    init(_ change: ProfileChange, errors: [AccountError] = []) {
        name = change.name
        email = change.email
        regions = Self.regions(chosen: change.timeZone)
        nameError = errors.message("name")
        emailError = errors.message("email")
        zoneError = errors.message("zone")
        currentError = errors.message("current")
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
