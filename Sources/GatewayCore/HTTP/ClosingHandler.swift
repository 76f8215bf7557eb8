import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends the connection after an answer that says `Connection: close` (RFC 9112, 9.6). Hummingbird looks at the
/// request's header alone.
///
/// Not at once: what is closed while the client still sends is reset, and the answer may be lost with it. Until then
/// Hummingbird reads what comes, and drops it.
final class ClosingHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let linger: TimeAmount
    private var isLast = false

    init(linger: TimeAmount = .seconds(2)) {
        self.linger = linger
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            isLast = head.headerFields[.connection]?.lowercased() == "close"
        case .end where isLast:
            let channel = context.channel
            context.eventLoop.scheduleTask(in: linger) { channel.close(promise: nil) }
        default: break
        }
        context.write(data, promise: promise)
    }
}
