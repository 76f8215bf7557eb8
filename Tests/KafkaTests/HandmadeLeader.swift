import Foundation
import Glibc
import TestSupport

/// A member that leads a consumer group, and takes its time where a test wants it to: it speaks the protocol by itself
/// (https://kafka.apache.org/protocol). It is the leader when it is the first one in the group. Its calls block for a moment.
final class HandmadeLeader {
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    struct Member: Hashable {
        let id: String
        let name: String?
    }

    private let descriptor: Int32
    private let group: String
    private let topic: String
    private var generation: Int32 = 0
    private var id = ""
    private(set) var members: [Member] = []

    private static let name = "leader"
    private static let rebalanceInProgress: Int16 = 27

    init(port: Int, group: String, topic: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        (self.group, self.topic) = (group, topic)
        guard LocalPort.connect(descriptor, to: port) else { throw Failure("nobody listens on port \(port)") }
    }

    deinit { close(descriptor) }

    /// JoinGroup 5: returns when the group's members have joined, too.
    func join() throws {
        var subscription = Message()
        subscription.int16(0)
        subscription.int32(1)
        subscription.string(topic)
        subscription.bytes([])
        var request = Message()
        request.string(group)
        request.int32(30_000)
        request.int32(30_000)
        request.string(id)
        request.string(Self.name)
        request.string("consumer")
        request.int32(1)
        request.string("range")
        request.bytes(subscription.content)
        var answer = try ask(api: 11, version: 5, request)
        _ = answer.int32()
        try check(answer.int16(), "JoinGroup")
        generation = answer.int32()
        _ = answer.string()
        let leader = answer.string()
        id = answer.string() ?? ""
        guard leader == id else { throw Failure("another member leads") }
        members = (0..<answer.int32()).map { _ in
            let member = Member(id: answer.string() ?? "", name: answer.string())
            answer.skipBytes()
            return member
        }
    }

    /// SyncGroup 3: gives the members of the last ``join()`` their partitions.
    ///
    /// - Returns: whether the group took it. It does not when it has begun to share anew.
    func share(_ partitions: [String?: [Int32]]) throws -> Bool {
        var request = Message()
        request.string(group)
        request.int32(generation)
        request.string(id)
        request.string(Self.name)
        request.int32(Int32(members.count))
        for member in members {
            let numbers = partitions[member.name] ?? []
            var share = Message()
            share.int16(0)
            share.int32(1)
            share.string(topic)
            share.int32(Int32(numbers.count))
            for number in numbers { share.int32(number) }
            share.int32(-1)
            request.string(member.id)
            request.bytes(share.content)
        }
        var answer = try ask(api: 14, version: 3, request)
        _ = answer.int32()
        return try !isSharingAnew(answer.int16(), "SyncGroup")
    }

    /// Heartbeat 3.
    ///
    /// - Returns: whether the group shares anew, so that its members have to join again.
    func isCalled() throws -> Bool {
        var request = Message()
        request.string(group)
        request.int32(generation)
        request.string(id)
        request.string(Self.name)
        var answer = try ask(api: 12, version: 3, request)
        _ = answer.int32()
        return try isSharingAnew(answer.int16(), "Heartbeat")
    }

    /// DescribeGroups 0: the ids of all who are in the group now.
    func present() throws -> Set<String> {
        var request = Message()
        request.int32(1)
        request.string(group)
        var answer = try ask(api: 15, version: 0, request)
        _ = answer.int32()
        try check(answer.int16(), "DescribeGroups")
        for _ in 0..<4 { _ = answer.string() }
        let ids = (0..<answer.int32()).map { _ in
            let id = answer.string() ?? ""
            for _ in 0..<2 { _ = answer.string() }
            for _ in 0..<2 { answer.skipBytes() }
            return id
        }
        return Set(ids)
    }

    private func check(_ code: Int16, _ call: String) throws {
        guard code == 0 else { throw Failure("\(call): error \(code)") }
    }

    private func isSharingAnew(_ code: Int16, _ call: String) throws -> Bool {
        if code == Self.rebalanceInProgress { return true }
        try check(code, call)
        return false
    }

    private func ask(api: Int16, version: Int16, _ body: Message) throws -> Message {
        var header = Message()
        header.int16(api)
        header.int16(version)
        header.int32(1)
        header.string("mien-tests-leader")
        var request = Message()
        request.bytes(header.content + body.content)
        guard send(descriptor, request.content, request.content.count, Int32(MSG_NOSIGNAL)) == request.content.count
        else {
            throw Failure("the broker takes no request: errno \(errno)")
        }
        var size = Message(try receive(4))
        var answer = Message(try receive(Int(size.int32())))
        _ = answer.int32()
        return answer
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        guard recv(descriptor, &buffer, count, Int32(MSG_WAITALL)) == count else {
            throw Failure("the broker gives no answer: errno \(errno)")
        }
        return buffer
    }
}

/// Numbers and texts as Kafka's protocol writes them: numbers with the highest byte first, texts after their length.
private struct Message {
    private(set) var content: [UInt8]
    private var position = 0

    init(_ content: [UInt8] = []) { self.content = content }

    mutating func int16(_ value: Int16) { withUnsafeBytes(of: value.bigEndian) { content += $0 } }
    mutating func int32(_ value: Int32) { withUnsafeBytes(of: value.bigEndian) { content += $0 } }

    mutating func string(_ value: String) {
        int16(Int16(value.utf8.count))
        content += value.utf8
    }

    mutating func bytes(_ value: [UInt8]) {
        int32(Int32(value.count))
        content += value
    }

    mutating func int16() -> Int16 { Int16(bitPattern: UInt16(number(of: 2))) }
    mutating func int32() -> Int32 { Int32(bitPattern: UInt32(number(of: 4))) }

    /// nil where none was written.
    mutating func string() -> String? {
        let count = Int(int16())
        guard count >= 0 else { return nil }
        defer { position += count }
        return String(decoding: content[position..<position + count], as: UTF8.self)
    }

    mutating func skipBytes() { position += Int(max(0, int32())) }

    private mutating func number(of count: Int) -> UInt64 {
        defer { position += count }
        return content[position..<position + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
