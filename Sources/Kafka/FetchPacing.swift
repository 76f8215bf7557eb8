import CRdKafka
import Glibc
import Synchronization

/// Keeps an idle consumer from asking a broker that does not wait 50,000 times a second.
///
/// A fetch request says how long the broker may wait for records (`fetch.wait.max.ms`), and Kafka does. noida-db, the
/// broker for one machine and for tests, answers at once, and librdkafka asks again at once: measured, one idle consumer
/// takes half a core, and the broker as much. librdkafka 2.0.2 has no setting against it, so answers without records that
/// come at once are held for 5 ms. From a broker that waits there are none.
///
/// librdkafka asks interceptors not to block, as they run on the thread of a broker's connection. Holding that one connection
/// up is the purpose here; the group's requests have a connection of their own.
final class FetchPacing: Sendable {
    private static let fetch: Int16 = 1
    private static let pause: useconds_t = 5_000

    private let requestSize = Atomic(0)
    /// Questions for records so far.
    let requests = Atomic(0)

    /// Whether an answer was given at once and without records. One has 42 bytes for a partition where its request has 28,
    /// or more; a record adds at least 70. A wrong guess, as with several brokers' answers mixed, costs 5 ms.
    func isEmptyAndAtOnce(_ request: Int16, size: Int, microseconds: Int64) -> Bool {
        guard request == Self.fetch, (0..<Int64(Self.pause)).contains(microseconds) else { return false }
        return size <= requestSize.load(ordering: .relaxed) * 3 / 2
    }

    func sent(_ request: Int16, size: Int) {
        guard request == Self.fetch else { return }
        requestSize.store(size, ordering: .relaxed)
        requests.add(1, ordering: .relaxed)
    }

    /// Paces the client that is made with this configuration.
    func install(_ conf: OpaquePointer) {
        // The client's context holds this object as long as the client is there.
        rd_kafka_conf_interceptor_add_on_new(
            conf, "pacing", { client, _, pacing, _, _ in FetchPacing.add(client, pacing) },
            Unmanaged.passUnretained(self).toOpaque())
    }

    private static func add(_ client: OpaquePointer?, _ pacing: UnsafeMutableRawPointer?) -> rd_kafka_resp_err_t {
        let error = rd_kafka_interceptor_add_on_request_sent(
            client, "pacing",
            { _, _, _, _, request, _, _, size, pacing in
                FetchPacing.from(pacing)?.sent(request, size: size)
                return RD_KAFKA_RESP_ERR_NO_ERROR
            }, pacing)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { return error }
        return rd_kafka_interceptor_add_on_response_received(
            client, "pacing",
            { _, _, _, _, request, _, _, size, microseconds, _, pacing in
                let isEmpty = FetchPacing.from(pacing)?
                    .isEmptyAndAtOnce(request, size: size, microseconds: microseconds)
                if isEmpty == true { usleep(FetchPacing.pause) }
                return RD_KAFKA_RESP_ERR_NO_ERROR
            }, pacing)
    }

    private static func from(_ pacing: UnsafeMutableRawPointer?) -> FetchPacing? {
        pacing.map { Unmanaged<FetchPacing>.fromOpaque($0).takeUnretainedValue() }
    }
}
