import Imaging
import Testing

@testable import Vision

struct JudgePlanTests {
    private typealias Spot = JudgePlan.Spot

    private func spots(_ boxes: [(x: Float, y: Float)], height: Float = 40, in picture: Raster) -> [Spot] {
        boxes.map { Spot(picture: picture, box: FaceBox(x: $0.x, y: $0.y, width: 0.8 * height, height: height)) }
    }

    @Test(arguments: [(JudgePlan.side, 32), (JudgePlan.quarter, 16)])
    func windowsAreAlignedAndLieInsideOfThePicture(side: Int, alignment: Int) throws {
        for (width, height) in [(640, 480), (161, 100), (100, 90), (1600, 1067)] {
            let picture = try Fixtures.plain(120, width: width, height: height)
            for x in stride(from: -20, to: width + 20, by: 37) {
                let box = FaceBox(x: Float(x), y: Float(height / 2), width: 40, height: 50)
                let area = JudgePlan.Window(around: Spot(picture: picture, box: box), side: side).area
                #expect(area.x % alignment == 0 && area.y % alignment == 0 && area.width > 0 && area.height > 0)
                #expect(area.x + area.width <= width && area.y + area.height <= height)
                let middle = Float(x) + 20
                guard middle > 0, middle < Float(width) else { continue }
                #expect(Float(area.x) <= middle && middle <= Float(area.x + area.width))
            }
        }
        let broken = FaceBox(x: .nan, y: .infinity, width: .infinity, height: .infinity)
        let picture = try Fixtures.plain(120, width: 640, height: 480)
        #expect(JudgePlan.Window(around: Spot(picture: picture, box: broken), side: side).area.width > 0)
    }

    @Test func neighboursShareAWindowAndThoseWithoutHaveAQuarter() throws {
        let picture = try Fixtures.plain(120, width: 1600, height: 1200)
        let neighbours = spots([(100, 100), (136, 100), (100, 140), (136, 140)], height: 24, in: picture)
        let alone = spots([(700, 100), (1000, 100), (1300, 100), (700, 600), (1000, 600)], in: picture)
        let plan = JudgePlan(neighbours + alone, inQuarters: true)
        #expect(plan.places == [0, 0, 0, 0, 1, 2, 3, 4, 5])
        #expect(plan.windows.map(\.side) == [JudgePlan.side] + [Int](repeating: JudgePlan.quarter, count: 5))
        #expect(plan.together(with: 0) { _ in true } == [0])
        #expect(plan.together(with: 1) { _ in true } == [1, 2, 3, 4])
        #expect(plan.together(with: 1) { $0 != 3 } == [1, 2, 4, 5])
        #expect(JudgePlan(alone, inQuarters: false).windows.allSatisfy { $0.side == JudgePlan.side })
    }

    @Test func facesOfDifferentPicturesShareNoWindow() throws {
        let one = try Fixtures.plain(9, width: 400, height: 300)
        let other = try Fixtures.plain(9, width: 400, height: 300)
        let plan = JudgePlan(
            spots([(100, 100)], in: one) + spots([(100, 100)], in: other), inQuarters: false)
        #expect(plan.places == [0, 1])
    }

    @Test func moreWindowsThanAnybodyWaitsForAreNotCut() throws {
        let picture = try Fixtures.plain(9, width: 9_000, height: 200)
        let plan = JudgePlan(spots((0..<450).map { (Float($0 * 20), 80) }, height: 70, in: picture), inQuarters: true)
        #expect(plan.windows.count == 400 && plan.places.contains(nil))
    }
}
