import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends a connection on which the head of a request does not come, or the rest of one that was answered already. The server's
/// idle time-out is about silence alone: a byte now and then would hold the connection for ever, and there are only so many.
///
/// A body that is read has a limit with its reader; this is about what nobody reads.
final class SlowRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    /// Requests whose head has come, and those that were answered: a client may send the next one before it has its answer.
    private var (begun, answered) = (0, 0)
    private var end: Scheduled<Void>?

    /// - Parameter patience: from the connection's beginning, or the answer before, to the whole head of the next request.
    init(patience: TimeAmount) {
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        wait(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            begun += 1
            end?.cancel()
        case .end where begun == answered: wait(context)
        default: break
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // The client has read what held it up: now the next request's time begins.
        if context.channel.isWritable, begun == answered { wait(context) }
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            answered += 1
            if begun == answered { wait(context) }
        }
        context.write(data, promise: promise)
    }

    private func wait(_ context: ChannelHandlerContext) {
        end?.cancel()
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: patience) {
            // Otherwise it is still being read, which ``SlowReaderHandler`` looks after.
            if channel.isWritable { channel.close(promise: nil) }
        }
    }
}
