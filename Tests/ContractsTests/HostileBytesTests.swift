import Testing

@testable import Contracts

@Suite struct HostileBytes {
    @Test func everyTruncationIsRefused() throws {
        let job = try Sample.job.encode()
        for length in job.indices {
            // A cut between two fields leaves a readable message; then a field that has to be there is missing.
            #expect(throws: ContractError.self) { try JobMessage.decode(Array(job.prefix(length))) }
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func mutationsAreReadOrRefusedButNeverCrash(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let job = try Sample.job.encode()
        let result = try Sample.result(.analysis(Sample.analysis)).encode()
        let heartbeat = try Sample.heartbeat.encode()
        var refused = 0
        for _ in 0..<2_000 {
            refused += outcome(of: JobMessage.self, mutated(job, &random))
            refused += outcome(of: ResultMessage.self, mutated(result, &random))
            refused += outcome(of: WorkerHeartbeat.self, mutated(heartbeat, &random))
        }
        #expect(refused > 1_000)
    }

    @Test func noiseIsRefused() {
        var random = SplitMix(state: 99)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...300, using: &random)
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(outcome(of: JobMessage.self, noise) == 1)
            #expect(outcome(of: ResultMessage.self, noise) == 1)
            #expect(outcome(of: WorkerHeartbeat.self, noise) == 1)
        }
    }

    /// 1 when refused. A message that was read holds what validation promises.
    private func outcome<M: ContractMessage>(of type: M.Type, _ bytes: [UInt8]) -> Int {
        do {
            try M.decode(bytes).validate()
            return 0
        } catch {
            #expect(!error.reason.isEmpty)
            return 1
        }
    }

    private func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2 where bytes.count > 1: bytes.remove(at: index)
            default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            }
        }
        return bytes
    }
}
