// Contracts: what crosses a process boundary between gateway and workers, so that neither has to know the other's code:
// the topics, the messages on them, and what a reader may rely on once `decode` has returned.

public import SwiftProtobuf

/// A message that gateway and workers send each other through Kafka.
///
/// Two versions of Mien run side by side during an upgrade, so readers are tolerant in one direction: unknown fields are
/// ignored, and every `version` up to ``currentVersion`` is read. A change that an old reader must not misread raises
/// `version`; an old reader refuses it as ``ContractError/Code/unsupportedVersion``.
public protocol ContractMessage: SwiftProtobuf.Message {
    /// The newest version that this code reads, and the one that it writes.
    static var currentVersion: UInt32 { get }
    /// The most bytes that an encoded message may have.
    static var maximumBytes: Int { get }
    /// The most bytes that a message with this content may have; no more than ``maximumBytes``.
    var byteLimit: Int { get }
    /// The version that the sender wrote.
    var version: UInt32 { get set }
    /// Checks all that a reader relies on: ids, ranges, counts.
    func validate() throws(ContractError)
}

extension ContractMessage {
    /// The same for every content.
    public var byteLimit: Int { Self.maximumBytes }

    /// Reads a message and checks it whole, so that what is returned needs no further checking.
    ///
    /// - Parameter bytes: The value of a Kafka record; it may be anything.
    /// - Throws: ``ContractError`` with code `malformed`, `tooLarge` or `unsupportedVersion`. None of them goes away by
    ///   reading again: the record belongs on the dead-letter topic.
    public static func decode(_ bytes: [UInt8]) throws(ContractError) -> Self {
        guard bytes.count <= maximumBytes else {
            throw .tooLarge(bytes: bytes.count, limit: maximumBytes)
        }
        let message: Self
        do {
            message = try Self(serializedBytes: bytes)
        } catch {
            throw .malformed("The \(bytes.count) bytes are no \(protoMessageName): \(error)")
        }
        guard message.version <= currentVersion else {
            throw .unsupportedVersion(message.version, newest: currentVersion)
        }
        try message.validate()
        guard bytes.count <= message.byteLimit else {
            throw .tooLarge(bytes: bytes.count, limit: message.byteLimit)
        }
        return message
    }

    /// Writes the message in the current version, after the checks that its reader will make.
    ///
    /// - Throws: ``ContractError`` when the reader would refuse the message: better here, where the mistake is.
    public func encode() throws(ContractError) -> [UInt8] {
        var message = self
        message.version = Self.currentVersion
        try message.validate()
        let bytes: [UInt8]
        do {
            bytes = try message.serializedBytes()
        } catch {
            throw .malformed("This \(Self.protoMessageName) cannot be written: \(error)")
        }
        guard bytes.count <= message.byteLimit else {
            throw .tooLarge(bytes: bytes.count, limit: message.byteLimit)
        }
        return bytes
    }
}
