public import Foundation

/// What a supervisor says of itself and its children: the content of the health file.
public struct Health: Codable, Equatable, Sendable {
    /// One worker process.
    public struct Child: Codable, Equatable, Sendable {
        /// Its place, from 1.
        public var slot: Int
        /// Its process id; nil while it is not running.
        public var pid: Int32?
        /// `starting`, `ready`, `stopping`, or `waiting` before the next start.
        public var state: String
        /// How often it was started again.
        public var restarts: Int
        /// How the one before it ended.
        public var lastEnd: String?
        /// Photos that it has dealt with.
        public var photos: Int
    }

    /// The supervisor's process id.
    public var pid: Int32
    /// When this was written.
    public var updatedAt: Date
    /// The worker processes.
    public var children: [Child]

    /// A file that is older says nothing: its supervisor writes it every few seconds.
    public static let freshness: TimeInterval = 15

    /// Reads a health file.
    ///
    /// - Throws: when it is not there, or no health file.
    public init(contentsOf file: URL) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        self = try decoder.decode(Health.self, from: Data(contentsOf: file))
    }

    init(pid: Int32, updatedAt: Date, children: [Child]) {
        self.pid = pid
        self.updatedAt = updatedAt
        self.children = children
    }

    /// How many worker processes are ready.
    public var readyChildren: Int {
        children.count { $0.state == Heartbeat.State.ready.rawValue }
    }

    /// Why the workers cannot be called healthy; nil when they can.
    public func problem(at now: Date = .now) -> String? {
        let age = now.timeIntervalSince(updatedAt)
        if age > Self.freshness { return "The supervisor has written nothing for \(Int(age)) seconds." }
        if readyChildren == 0 {
            return "None of \(children.count) worker processes is ready."
        }
        return nil
    }

    /// Writes the file so that no reader ever sees a part of it.
    func write(to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: file, options: .atomic)
    }
}
