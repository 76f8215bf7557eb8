import CRdKafka
import Glibc

/// Keeps a consumer from asking a broker that has nothing thousands of times a second.
///
/// Apache Kafka holds a fetch back until there is something or `fetch.wait.max.ms` has passed. The stand-in for one
/// machine, noida-db 0.2.3, answers an empty fetch at once, and librdkafka asks again at once: measured as 1,200
/// requests a second and 15 % of a core for each idle consumer, and as much again for the broker. librdkafka 2.0.2 has
/// no setting for that, so the thread that talks to the broker rests after an answer that was both small and immediate.
/// With Apache Kafka an empty answer is never immediate, and nothing changes.
enum FetchPacing {
    /// Kafka's number for the Fetch request.
    private static let fetchRequest: Int16 = 1
    /// An answer up to this size has at most a job or two in it, in bytes.
    private static let smallAnswer = 1_024
    /// An answer within this time was not held back, in microseconds.
    private static let immediate: Int64 = 5_000
    /// The rest, in microseconds: what it adds to the way of a job is its half on average.
    private static let rest: UInt32 = 8_000

    /// Adds the pause to a client that is about to be made from `conf`.
    static func install(_ conf: OpaquePointer) {
        rd_kafka_conf_interceptor_add_on_new(
            conf, "mien-fetch-pacing",
            { client, _, _, _, _ in
                rd_kafka_interceptor_add_on_response_received(
                    client, "mien-fetch-pacing",
                    { _, _, _, _, request, _, _, size, roundTrip, _, _ in
                        if request == FetchPacing.fetchRequest, size < FetchPacing.smallAnswer,
                            roundTrip < FetchPacing.immediate
                        {
                            usleep(FetchPacing.rest)
                        }
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    }, nil)
            }, nil)
    }
}
