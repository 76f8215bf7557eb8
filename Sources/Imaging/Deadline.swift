/// A moment after which work on a photo is given up.
public struct Deadline: Sendable {
    private let instant: ContinuousClock.Instant?

    /// No limit.
    public static let never = Deadline(instant: nil)

    private init(instant: ContinuousClock.Instant?) {
        self.instant = instant
    }

    /// A deadline that lies `duration` ahead of now.
    public init(after duration: Duration) {
        self.init(instant: .now.advanced(by: duration))
    }

    /// Whether the moment is over.
    public var hasPassed: Bool {
        guard let instant else { return false }
        return ContinuousClock.now >= instant
    }

    /// Throws when the moment is over.
    public func check() throws(ImagingError) {
        if hasPassed { throw ImagingError.timedOut }
    }
}

extension ImagingError {
    static let timedOut = ImagingError(
        .timedOut, "The photo took too long to analyse. Try a smaller version of it.")
}
