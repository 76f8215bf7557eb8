import Reports

/// What is known of the wait for a free worker, and what follows from it.
struct QueueFigures: Sendable {
    /// Seconds that a photo usually takes once a worker has it; nil where nothing is known of it.
    var usualSeconds: Double?
    /// Processes that take photos.
    var workers = 0
    /// Photos of the other lane that go first.
    var ahead = 0
    /// Whether nobody works on it, or will soon.
    var isUnattended = false

    /// Seconds from one place in the queue to the next; nil where it cannot be told.
    var secondsEach: Double? {
        guard let usualSeconds, workers > 0 else { return nil }
        return usualSeconds / Double(workers)
    }

    /// "about 4 seconds" until the photo at a place has its result; nil where it cannot be told.
    func estimate(place: Int) -> String? {
        secondsEach.map { Self.about(Double(place + ahead) * $0) }
    }

    /// "usually done in 2 seconds"
    var usual: String? {
        usualSeconds.map { "usually done in \(Words.duration(seconds: max(1, Int(min($0, 86_400).rounded(.up)))))" }
    }

    /// Rounded as what is guessed deserves; the page's script does the same with later places.
    private static func about(_ seconds: Double) -> String {
        let whole = max(1, Int(min(seconds, 86_400).rounded(.up)))
        return "about \(Words.duration(seconds: whole < 20 ? whole : (whole + 4) / 5 * 5))"
    }
}
