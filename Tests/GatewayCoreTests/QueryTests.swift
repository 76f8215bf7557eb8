import Testing

@testable import GatewayCore

@Suite struct QueryTests {
    @Test func aPlusIsASpaceAndEncodedOnesAreThemselves() {
        let query = QueryFields("q=a+day%20out%2B1&tag=&before&q=second&emotion=%zz&x=1=2")
        #expect(query["q"] == "a day out+1")
        #expect(query["tag"] == "")
        #expect(query["before"] == "")
        #expect(query["emotion"] == "%zz")
        #expect(query["x"] == "1=2")
        #expect(query["none"] == nil)
        #expect(QueryFields(nil)["q"] == nil)
    }
}
