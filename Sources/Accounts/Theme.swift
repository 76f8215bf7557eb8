/// How pages look.
package enum Theme: String, Sendable, CaseIterable {
    /// As the browser's system is set.
    case system
    case light
    case dark
}
