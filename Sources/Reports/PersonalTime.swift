package import Foundation

/// The time zone in which one request's pages and files show times: the signed-in person's.
///
/// A task-local value, because it belongs to a request as a language would, and every page shows times.
package enum PersonalTime {
    /// UTC for visitors.
    @TaskLocal package static var current: TimeZone = .gmt
}
