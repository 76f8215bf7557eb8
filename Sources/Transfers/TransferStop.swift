import CCurl
import Synchronization

/// Breaks a transfer off, from whichever thread.
public final class TransferStop: Sendable {
    private let flag = Atomic(false)

    /// One that is not set.
    public init() {}

    /// The transfer ends within about a second, as an error.
    public func set() {
        flag.store(true, ordering: .relaxed)
    }

    /// Whether it was set.
    public var isSet: Bool { flag.load(ordering: .relaxed) }
}

extension Transfer {
    /// Has a transfer ask while it runs, libcurl about once a second (CURLOPT_XFERINFOFUNCTION), whether it is to end.
    ///
    /// - Important: the stop has to outlive the transfer.
    func obey(_ stop: TransferStop) throws {
        let context = Unmanaged.passUnretained(stop).toOpaque()
        try set { handle in
            mien_curl_set_progress(
                handle,
                { context, _, _, _, _ in
                    guard let context else { return 1 }
                    return Unmanaged<TransferStop>.fromOpaque(context).takeUnretainedValue().isSet ? 1 : 0
                }, context)
        }
    }
}
