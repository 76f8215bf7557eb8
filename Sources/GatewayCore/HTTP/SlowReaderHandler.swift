import NIOCore
import NIOHTTPTypes

/// Ends a connection whose client does not read its answer. The server's idle time-out is for whoever is silent between
/// requests: an answer that cannot be written would hold the connection, and all that is made for it, for ever.
///
/// Who reads slowly is left alone: some of the answer has to go out in each span of `patience`.
final class SlowReaderHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A whole photo is one part of the answer, and would be one step of the way for minutes.
    private static let pieceLength = 64 * 1024

    private let patience: TimeAmount
    /// How many pieces have gone out.
    private var gone: NIOLoopBoundBox<Int>?
    private var watch: RepeatedTask?

    init(patience: TimeAmount) {
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        gone = NIOLoopBoundBox(0, eventLoop: context.eventLoop)
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch?.cancel()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        watch?.cancel()
        watch = context.channel.isWritable ? nil : watch(context)
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let gone, case .body(var rest) = unwrapOutboundIn(data) else {
            return context.write(data, promise: promise)
        }
        while rest.readableBytes > Self.pieceLength, let piece = rest.readSlice(length: Self.pieceLength) {
            context.write(wrapOutboundOut(.body(piece)), promise: Self.counted(in: gone, nil, context))
        }
        context.write(wrapOutboundOut(.body(rest)), promise: Self.counted(in: gone, promise, context))
    }

    private static func counted(
        in gone: NIOLoopBoundBox<Int>, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) -> EventLoopPromise<Void> {
        let counted = promise ?? context.eventLoop.makePromise(of: Void.self)
        counted.futureResult.whenSuccess { gone.value += 1 }
        return counted
    }

    private func watch(_ context: ChannelHandlerContext) -> RepeatedTask? {
        guard let gone else { return nil }
        let channel = context.channel
        let seen = NIOLoopBoundBox(gone.value, eventLoop: context.eventLoop)
        return context.eventLoop.scheduleRepeatedTask(initialDelay: patience, delay: patience) { _ in
            if gone.value == seen.value { channel.close(promise: nil) }
            seen.value = gone.value
        }
    }
}
