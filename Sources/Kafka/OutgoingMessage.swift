import CRdKafka
import Synchronization

/// A message before it is queued.
struct OutgoingMessage: Sendable {
    let topic: String
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [(String, [UInt8])]

    /// Queues a copy of the message, without waiting; `opaque` comes back in its delivery report.
    ///
    /// - Returns: nil, or the error object, which the caller owns. There is no delivery report then.
    func produce(_ client: OpaquePointer, opaque: UnsafeMutableRawPointer) -> OpaquePointer? {
        topic.withCString { topic in
            withBytes(key) { key in
                withBytes(value) { value in
                    var arguments = [
                        argument(RD_KAFKA_VTYPE_TOPIC) { $0.cstr = topic },
                        argument(RD_KAFKA_VTYPE_MSGFLAGS) { $0.i = RD_KAFKA_MSG_F_COPY },
                        argument(RD_KAFKA_VTYPE_KEY) { $0.mem = .init(ptr: key.start, size: key.count) },
                        argument(RD_KAFKA_VTYPE_VALUE) { $0.mem = .init(ptr: value.start, size: value.count) },
                        argument(RD_KAFKA_VTYPE_OPAQUE) { $0.ptr = opaque },
                    ]
                    let headers = makeHeaders()
                    if let headers { arguments.append(argument(RD_KAFKA_VTYPE_HEADERS) { $0.headers = headers }) }
                    let error = rd_kafka_produceva(client, arguments, arguments.count)
                    // Headers go over to the message only when it was queued.
                    if error != nil, let headers { rd_kafka_headers_destroy(headers) }
                    return error
                }
            }
        }
    }

    private func argument(
        _ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_s.__Unnamed_union_u) -> Void
    ) -> rd_kafka_vu_t {
        var argument = rd_kafka_vu_t()
        argument.vtype = type
        set(&argument.u)
        return argument
    }

    private func makeHeaders() -> OpaquePointer? {
        guard !headers.isEmpty, let list = rd_kafka_headers_new(headers.count) else { return nil }
        for (name, value) in headers {
            // -1: the name's length is taken from its terminating zero. Values are copied.
            _ = withBytes(value) { rd_kafka_header_add(list, name, -1, $0.start, $0.count) }
        }
        return list
    }

    /// Lends bytes: a null pointer for nil, and for an empty array a pointer that is not null, since Kafka tells the two
    /// apart. librdkafka's signature is not const, but with `RD_KAFKA_MSG_F_COPY` it only reads.
    private func withBytes<R>(_ bytes: [UInt8]?, _ body: ((start: UnsafeMutableRawPointer?, count: Int)) -> R) -> R {
        guard let bytes else { return body((nil, 0)) }
        guard !bytes.isEmpty else {
            var empty: UInt8 = 0
            return withUnsafeMutableBytes(of: &empty) { body(($0.baseAddress, 0)) }
        }
        return bytes.withUnsafeBytes { body((UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count)) }
    }
}

/// What a message's delivery report resumes: handed to librdkafka retained, and taken back exactly once.
final class PendingDelivery: Sendable {
    enum Outcome: Sendable {
        case delivered(Delivery)
        case queueFull
    }

    let continuation: CheckedContinuation<Outcome, any Error>

    init(_ continuation: CheckedContinuation<Outcome, any Error>) {
        self.continuation = continuation
    }

    /// The delivery report callback: resumes the sender.
    static func report(_ client: OpaquePointer?, _ message: rd_kafka_message_t, _ context: ClientContext) {
        guard let opaque = message._private else { return }
        let pending = Unmanaged<PendingDelivery>.fromOpaque(opaque).takeRetainedValue()
        context.delivered.add(1, ordering: .relaxed)
        if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            let offset = message.offset >= 0 ? message.offset : nil
            pending.continuation.resume(returning: .delivered(Delivery(partition: message.partition, offset: offset)))
        } else {
            let isFatal = rd_kafka_fatal_error(client, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR
            pending.continuation.resume(throwing: KafkaError(message.err, isFatal: isFatal))
        }
    }
}
