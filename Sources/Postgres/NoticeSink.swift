import CLibPQ
internal import Logging

/// Hands the server's notices to the logger; libpq would print them to standard error.
final class NoticeSink {
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// - Important: the sink must live as long as the connection: libpq keeps its bare address.
    func attach(to connection: OpaquePointer) {
        let address = Unmanaged.passUnretained(self).toOpaque()
        _ = PQsetNoticeReceiver(
            connection,
            { address, result in
                guard let address, let result else { return }
                Unmanaged<NoticeSink>.fromOpaque(address).takeUnretainedValue().receive(result)
            }, address)
    }

    private func receive(_ result: OpaquePointer) {
        func field(_ field: PostgresError.Field) -> String {
            PQresultErrorField(result, field.rawValue).map { String(cString: $0) } ?? ""
        }
        let severity = field(.severity)
        logger.log(
            level: severity == "WARNING" ? .warning : .debug, "The database sent a notice",
            metadata: [
                "postgres.severity": "\(severity)", "postgres.code": "\(field(.sqlState))",
                "postgres.message": "\(field(.message))",
            ])
    }
}
