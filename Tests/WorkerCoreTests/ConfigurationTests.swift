import Foundation
import Settings
import Testing

@testable import WorkerCore

@Suite struct ConfigurationTests {
    private func problems(_ environment: [String: String]) -> [String] {
        let settings = SettingsReader(environment: environment)
        _ = WorkerConfiguration(settings)
        do {
            try settings.check()
            return []
        } catch {
            return error.problems
        }
    }

    private let usable = ["MIEN_MODELS_DIR": "/", "MIEN_DETECTOR": "/etc/hostname"]

    private func problem(_ name: String, _ value: String) -> String {
        problems(usable.merging([name: value]) { _, new in new }).joined(separator: "\n")
    }

    @Test func defaultsNeedOnlyTheModels() {
        #expect(problems(usable) == [])
    }

    @Test(arguments: [
        ("MIEN_WORKER_PROCESSES", "many"), ("MIEN_WORKER_PROCESSES", "0"), ("MIEN_WORKER_PROCESSES", "257"),
        ("MIEN_GATEWAY_URL", "gateway:8081"), ("MIEN_MAX_UPLOAD_BYTES", "10M"), ("MIEN_MODEL", "a/b/c"),
        ("MIEN_PHOTO_SECONDS", "0"), ("MIEN_WORKER_MEMORY_MB", "20"), ("MIEN_METRICS_PORT", "65536"),
        ("MIEN_WORKER_NAME", "a/b"), ("MIEN_ACCEPT_HEIC", "maybe"), ("MIEN_MODELS_DIR", "/nowhere/at/all"),
        ("MIEN_DETECTOR", "/nowhere/centerface.onnx"), ("MIEN_PRECISION", "int4"),
    ])
    func aWrongValueNamesTheVariableAndWhatItHeld(name: String, value: String) {
        let text = problem(name, value)
        #expect(text.contains(name))
        #expect(text.contains("\"\(value)\""))
        #expect(text.contains("It takes "))
    }

    @Test func everythingWrongIsToldAtOnce() {
        #expect(problems(["MIEN_WORKER_PROCESSES": "x", "MIEN_MODELS_DIR": "/no", "MIEN_DETECTOR": "/no"]).count == 3)
    }

    @Test func processCountsAreReadAndResolved() {
        #expect(ProcessCount("auto") == .automatic)
        #expect(ProcessCount("3") == .fixed(3))
        #expect(ProcessCount("-1") == nil)
        #expect(ProcessCount.fixed(3).resolved(ceiling: 1 << 50) == 3)
        #expect(
            (1...ProcessInfo.processInfo.activeProcessorCount).contains(ProcessCount.automatic.resolved(ceiling: 1)))
        #expect(ProcessCount.automatic.resolved(ceiling: 1 << 50) >= 1)
        // While 50 megapixels are drawn, a process needs 900 MB: four fit into 4 GiB, whatever the cores.
        #expect(ProcessCount.automatic.resolved(ceiling: 400 << 20, memory: 4 << 30, cores: 16) == 4)
        #expect(ProcessCount.automatic.resolved(ceiling: 400 << 20, memory: 4 << 30, cores: 2) == 2)
        #expect(ProcessCount.automatic.resolved(ceiling: 400 << 20, memory: 512 << 20, cores: 2) == 1)
        #expect(ProcessCount.automatic.resolved(ceiling: 400 << 20, memory: nil, cores: 16) == 16)
    }

    @Test func quotasBecomeWholeCores() {
        #expect(ControlGroup.cores("max 100000\n") == nil)
        #expect(ControlGroup.cores("200000 100000\n") == 2)
        #expect(ControlGroup.cores("150000 100000\n") == 2)
        #expect(ControlGroup.cores("5000 100000\n") == 1)
        #expect(ControlGroup.cores("") == nil)
    }

    @Test func theSmallestQuotaOfTheGroupsAboveCounts() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "quota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let group = root.appending(path: "a/b")
        try FileManager.default.createDirectory(at: group, withIntermediateDirectories: true)
        try "max 100000".write(to: group.appending(path: "cpu.max"), atomically: true, encoding: .utf8)
        try "300000 100000".write(to: root.appending(path: "a/cpu.max"), atomically: true, encoding: .utf8)
        try "800000 100000".write(to: root.appending(path: "cpu.max"), atomically: true, encoding: .utf8)
        try "max\n".write(to: group.appending(path: "memory.max"), atomically: true, encoding: .utf8)
        try "4294967296\n".write(to: root.appending(path: "a/memory.max"), atomically: true, encoding: .utf8)
        let membership = root.appending(path: "membership")
        try "0::/a/b\n".write(to: membership, atomically: true, encoding: .utf8)
        #expect(ControlGroup.cores(membership: membership.path, root: root.path) == 3)
        #expect(ControlGroup.memory(membership: membership.path, root: root.path) == 4 << 30)
        try "4:cpu:/a/b\n".write(to: membership, atomically: true, encoding: .utf8)
        #expect(ControlGroup.cores(membership: membership.path, root: root.path) == nil)
    }

    @Test func aHealthFileIsHealthyOnlyWhileFreshAndReady() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "health-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(throws: (any Error).self) { try Health(contentsOf: file) }
        var child = Health.Child(slot: 1, pid: 7, state: "ready", restarts: 0, lastEnd: nil, photos: 0)
        try Health(pid: 1, updatedAt: .now, children: [child]).write(to: file)
        let read = try Health(contentsOf: file)
        #expect(read.children == [child])
        #expect(read.problem() == nil)
        #expect(read.problem(at: .now + Health.freshness + 2) != nil)
        child.state = "waiting"
        #expect(Health(pid: 1, updatedAt: .now, children: [child]).problem() != nil)
    }
}
