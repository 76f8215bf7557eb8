/// Supervisor to gateway: how a worker process is.
public typealias WorkerHeartbeat = Mien_V1_WorkerHeartbeat

/// What a worker process is doing.
public typealias WorkerState = Mien_V1_WorkerState

extension Mien_V1_WorkerHeartbeat: ContractMessage {
    /// The newest version that this code reads, and the one that it writes.
    public static var currentVersion: UInt32 { 1 }
    /// Names and figures need a tenth of it.
    public static var maximumBytes: Int { 4_096 }

    /// Seconds between two heartbeats of a process whose state does not change.
    public static var intervalSeconds: Int { 10 }

    /// Checks names, counters and times. A state that this code does not know is let through: a newer worker may be in
    /// one, and it is only shown.
    public func validate() throws(ContractError) {
        try Check.text(worker, "worker", 1...255)
        try Check.text(host, "host", 1...255)
        try Check.number(slot, "slot", 1...UInt32(Int32.max))
        try Check.number(processes, "processes", 1...UInt32(Int32.max))
        try Check.number(pid, "pid", 0...UInt32(Int32.max))
        try Check.text(release, "release", 1...100)
        if hasModel { try model.validate() }
        try Check.time(sentAtMs, "sent_at_ms")
        try Check.time(sinceMs, "since_ms")
        try Check.count(photosAnalysed, "photos_analysed")
        try Check.count(photosFailed, "photos_failed")
        try Check.count(faces, "faces")
        try Check.count(residentBytes, "resident_bytes")
        try Check.number(restarts, "restarts", 0...UInt32(Int32.max))
        try Check.text(lastEnd, "last_end", 0...200)
        if lastPhotoAtMs != 0 { try Check.time(lastPhotoAtMs, "last_photo_at_ms") }
    }
}

extension Mien_V1_WorkerState {
    /// The state's name in pages, metrics and the health file; `unknown` for one that this code does not know.
    public var name: String {
        switch self {
        case .starting: "starting"
        case .ready: "ready"
        case .stopping: "stopping"
        case .waiting: "waiting"
        case .ended: "ended"
        case .unspecified, .UNRECOGNIZED: "unknown"
        }
    }
}
