import CRdKafka
import Foundation
import Logging
import Synchronization

/// Owns one librdkafka client and what its callbacks need.
///
/// `@unchecked Sendable`: librdkafka's client is thread-safe, and owners call `destroy` only once nothing else of theirs
/// uses the pointer.
final class KafkaHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let context: ClientContext
    private let destroyed = Atomic(false)

    /// Makes a client; `configure` sets further callbacks.
    init(
        _ type: rd_kafka_type_t, role: ClientRole, configuration: KafkaConfiguration, context: ClientContext,
        configure: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaError) {
        let properties = try role.properties(for: configuration)
        guard let conf = rd_kafka_conf_new() else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
        do {
            for (name, value) in properties { try Self.set(name, value, in: conf) }
        } catch {
            rd_kafka_conf_destroy(conf)
            throw error
        }
        // Callbacks reach the context through this reference until the client is destroyed.
        rd_kafka_conf_set_opaque(conf, Unmanaged.passRetained(context).toOpaque())
        ClientContext.setCallbacks(conf)
        configure(conf)
        var text = [CChar](repeating: 0, count: 512)
        guard let pointer = rd_kafka_new(type, conf, &text, text.count) else {
            // Only when it succeeds does rd_kafka_new take the configuration over.
            rd_kafka_conf_destroy(conf)
            Unmanaged.passUnretained(context).release()
            throw KafkaError(.invalidConfiguration, reason: String(nulTerminated: text))
        }
        self.pointer = pointer
        self.context = context
    }

    /// Runs the callbacks that are due; waits for nothing. Each failed attempt to reach a broker leaves one, and a client that
    /// nobody polls would keep them all.
    func serveCallbacks() {
        rd_kafka_poll(pointer, 0)
    }

    /// Ends the client. Blocks until its threads are gone, so it is called on a thread of its own.
    func destroy(flags: Int32 = 0) {
        guard !destroyed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        Self.destroy(pointer, context, flags)
    }

    deinit {
        guard !destroyed.load(ordering: .acquiring) else { return }
        // Dropped without being closed. Destroying blocks, and a deinit may run anywhere.
        nonisolated(unsafe) let pointer = pointer
        let context = context
        Thread.detachNewThread { Self.destroy(pointer, context, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
    }

    private static func destroy(_ pointer: OpaquePointer, _ context: ClientContext, _ flags: Int32) {
        rd_kafka_destroy_flags(pointer, flags)
        Unmanaged.passUnretained(context).release()
    }

    private static func set(_ name: String, _ value: String, in conf: OpaquePointer) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        guard rd_kafka_conf_set(conf, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
            // The text may name the property by another of its names.
            throw KafkaError(.invalidConfiguration, reason: "\(name): \(String(nulTerminated: text))")
        }
    }

    /// The error that made this client useless, if one did.
    var fatalError: KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(pointer, &text, text.count)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR
            ? nil : KafkaError(code, reason: String(nulTerminated: text), isFatal: true)
    }
}

extension String {
    /// What a C function wrote into a buffer.
    init(nulTerminated buffer: [CChar]) {
        self = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension Duration {
    /// Whole milliseconds, never negative, and within what C's `int` holds.
    var milliseconds: Int32 {
        Int32(clamping: max(0, components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
