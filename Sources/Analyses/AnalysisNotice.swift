/// Tells every gateway that an analysis has changed, when the transaction commits; `AnalysisLifecycle` sends it.
package enum AnalysisNotice {
    /// The NOTIFY channel; the payload is the analysis's id.
    package static let channel = "mien_analysis"
}
