import ServiceSupport

/// What a trend is about.
package enum TrendTopic: Sendable, Hashable {
    case everything
    /// Photos with this subject, however its letters are written.
    case subject(String)
    /// Photos with this tag, in lower case.
    case tag(String)

    /// As in addresses: `all`, `tag:lake` or `subject:Ada`; nil for what is none of them.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map { String($0).asField }
        switch (parts.first, parts.count) {
        case ("all", 1): self = .everything
        case ("tag", 2) where !parts[1].isEmpty: self = .tag(AnalysisInformation.tag(parts[1]))
        case ("subject", 2) where !parts[1].isEmpty: self = .subject(parts[1])
        default: return nil
        }
    }

    /// The same as in addresses.
    package var word: String {
        switch self {
        case .everything: "all"
        case .subject(let subject): "subject:\(subject)"
        case .tag(let tag): "tag:\(tag)"
        }
    }

    /// The tag or subject itself; nil for everything.
    package var name: String? {
        switch self {
        case .everything: nil
        case .subject(let name), .tag(let name): name
        }
    }
}
