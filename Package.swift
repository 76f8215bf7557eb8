// swift-tools-version: 6.2
import PackageDescription

// CI sets MIEN_WARNINGS_AS_ERRORS; a plain build only warns, so that a newer compiler cannot lock users out.
let warnings: [SwiftSetting] =
    Context.environment["MIEN_WARNINGS_AS_ERRORS"] == "1" ? [.treatAllWarnings(as: .error)] : []
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + warnings

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting: Target.Dependency = .product(name: "HummingbirdTesting", package: "hummingbird")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A C library: a module map and its shim.h, imported by its one wrapper.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func room(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource]? = nil,
    linkerSettings: [LinkerSetting]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(name)", exclude: exclude, resources: resources,
        swiftSettings: settings, linkerSettings: linkerSettings)
}

/// Where Deploy/setup puts the newest librdkafka. Only what links it looks there, and finds Debian's where there is none: the
/// machine's other programs keep the library that they were made for.
let newestLibrdkafka: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "/usr/local/lib/mien/librdkafka"])
]

func service(_ name: String, path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "\(path)/Sources", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: settings)
}

/// The pages' templates, by the folder of the page. Each is named: a folder would take the page's Swift files with it, and
/// what a manifest looks up is not looked up again until the manifest changes.
let templates: KeyValuePairs = [
    "API": "api",
    "Account": "account account-tabs ask-again data programs security webhook",
    "Batch": "batch batch-chart batch-pages",
    "Confirm": "confirm",
    "Error": "error",
    "Forgot": "forgot",
    "Frame": "card chart empty foot head keep-tokens message sprite",
    "History": "bin history",
    "Home": "home",
    "Landing": "landing",
    "Leave": "leave",
    "Login": "code login",
    "Model": "model",
    "New": "new",
    "OpenID": "lead-on",
    "Operations": "audit jobs operations people person-act",
    "Register": "register-fields register",
    "Reset": "reset",
    "Result": "bars correct edit face finished information making mark result retry said",
    "SecondFactor": "recovery-codes second-factor",
    "Setup": "setup",
    "Share": "share share-row shares",
    "Shared": "shared shared-batch shared-head shared-password",
    "Trends": "trend-chart trend-patterns trend-table trends",
]

let package = Package(
    name: "mien",
    products: [
        .executable(name: "mien-gateway", targets: ["mien-gateway"]),
        .executable(name: "mien-worker", targets: ["mien-worker"]),
        .executable(name: "mien", targets: ["mien"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        system("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev"),
        system("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        system("COpenVINO", pkgConfig: "openvino-c", apt: "see Deploy/setup"),
        system("CVips", pkgConfig: "vips", apt: "libvips-dev"),
        // Debian's package has no .pc file.
        .systemLibrary(name: "CYuv", path: "Sources/System/CYuv", providers: [.apt(["libyuv-dev"])]),
        system("CTurboJPEG", pkgConfig: "libturbojpeg", apt: "libturbojpeg0-dev"),
        system("CPango", pkgConfig: "pangocairo", apt: "libpango1.0-dev"),
        system("CArgon2", pkgConfig: "libargon2", apt: "libargon2-dev"),
        system("CMinizip", pkgConfig: "minizip", apt: "libminizip-dev"),
        system("CQRencode", pkgConfig: "libqrencode", apt: "libqrencode-dev"),
        // Its .pc file wants jansson's, which Debian's package does not bring and nothing here needs.
        .systemLibrary(name: "CCjose", path: "Sources/System/CCjose", providers: [.apt(["libcjose-dev"])]),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        .systemLibrary(name: "CLinux", path: "Sources/System/CLinux"),

        room("Blocking", []),
        room("Settings", [configuration, logging]),
        room("Telemetry", [logging, coreMetrics, "Settings"]),
        room(
            "Passwords", ["Blocking", "CArgon2"], resources: [.embedInCode("Resources/common-passwords.txt")]),
        room("Archives", ["Blocking", "CMinizip"]),
        room("QRCodes", ["CQRencode"]),
        room("Transfers", ["Blocking", "CCurl"]),
        room("Mail", ["Blocking", "Transfers"]),
        room("OpenID", ["CCjose", "ServiceSupport", "Transfers", crypto, logging]),
        room("Postgres", ["Blocking", "CLibPQ", logging, lifecycle]),
        room("Kafka", ["Blocking", "ServiceSupport", "CRdKafka", logging], linkerSettings: newestLibrdkafka),
        room("Contracts", [protobuf], exclude: ["mien.proto"]),
        room("Imaging", ["Blocking", "CTurboJPEG", "CVips", "CYuv"]),
        room("Inference", ["Blocking", "COpenVINO"]),
        room("Drawing", ["Blocking", "CPango"]),
        room("Vision", ["Blocking", "Contracts", "Imaging", "Inference", "Drawing", logging, crypto]),
        room(
            "WorkerCore",
            [
                "Vision", "Kafka", "Contracts", "ServiceSupport", "Settings", "Telemetry", "Blocking", "CLinux",
                logging, lifecycle, httpClient, hummingbird, nioCore, nioHTTP1, protobuf,
            ]),
        room("ServiceSupport", [logging]),
        room(
            "Analyses",
            ["Contracts", "Kafka", "Postgres", "ServiceSupport", crypto, lifecycle, logging, metrics, nioCore]),
        room("Accounts", ["Passwords", "Mail", "Postgres", "ServiceSupport", crypto, lifecycle, logging]),
        room(
            "Webhooks",
            [
                "Analyses", "Blocking", "Contracts", "Mail", "Postgres", "ServiceSupport", "Transfers",
                crypto, lifecycle, logging, metrics,
            ]),
        room("Sharing", ["Accounts", "Analyses", "Passwords", "Postgres", "ServiceSupport", crypto]),
        room("Reports", ["Analyses", "Archives", "Contracts", "Drawing", "Postgres"]),
        room(
            "Operations",
            [
                "Accounts", "Analyses", "Contracts", "Kafka", "Mail", "OpenID", "Postgres", "ServiceSupport",
                "Settings",
                "Sharing", "Webhooks", lifecycle, logging, metrics,
            ]),
        room(
            "GatewayCore",
            [
                "Accounts", "Analyses", "Archives", "Operations", "Reports", "Contracts", "Kafka", "Mail", "OpenID",
                "Passwords", "Postgres", "QRCodes", "ServiceSupport", "Settings", "Sharing", "Webhooks",
                hummingbird, mustache, crypto, logging, metrics, lifecycle, nioCore, nioHTTP1, httpTypes,
                nioHTTPTypes,
            ],
            resources: [.copy("Static")]
                + templates.flatMap { page, names in
                    names.split(separator: " ").map { .copy("Pages/\(page)/\($0).mustache") }
                }),

        service(
            "mien-gateway", path: "Services/Gateway",
            ["GatewayCore", "Kafka", "Telemetry", "Settings", lifecycle, signals, logging, metrics]),
        service(
            "mien-worker", path: "Services/Worker",
            ["WorkerCore", "Vision", "Kafka", "Telemetry", "Settings", lifecycle, signals, logging, arguments]),
        // Measured against by Deploy/bench api; no image holds it.
        service("mien-bare", path: "Services/Bare", [hummingbird, httpTypes, logging, nioCore]),
        service(
            "mien", path: "Services/Admin",
            [
                "Vision", "Accounts", "Analyses", "OpenID", "Operations", "Postgres", "Kafka", "Contracts", "Settings",
                "Telemetry",
                logging, arguments, httpClient, nioCore, .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
            ]),

        // Servers of the tests' own; only test targets use it.
        .target(
            name: "TestSupport", dependencies: ["Blocking", "CRdKafka", "Postgres", logging],
            path: "Tests/Support",
            swiftSettings: settings),
        tests("BlockingTests", ["Blocking"]),
        tests("ImagingTests", ["Imaging"]),
        tests("InferenceTests", ["Inference", "Blocking"]),
        tests("DrawingTests", ["Drawing"]),
        tests("VisionTests", ["Vision", "Blocking", "Contracts", "Imaging", "Inference", logging, crypto]),
        tests("PostgresTests", ["Postgres", "TestSupport", "Blocking", logging, lifecycle]),
        tests("PasswordsTests", ["Passwords"]),
        tests("ArchivesTests", ["Archives"]),
        tests("MailTests", ["Mail", "TestSupport"]),
        tests("QRCodesTests", ["QRCodes"]),
        tests("OpenIDTests", ["OpenID", "ServiceSupport", "TestSupport", "Transfers", crypto, logging]),
        tests(
            "WebTests",
            [
                "GatewayCore", "Accounts", "Analyses", "Contracts", "OpenID", "Operations", "Reports", "Sharing",
                "Webhooks",
                mustache, logging,
            ]),
        tests(
            "AccountsTests",
            [
                "Accounts", "Analyses", "Contracts", "GatewayCore", "Kafka", "Mail", "OpenID", "Operations",
                "Passwords", "Postgres", "Reports", "ServiceSupport", "Settings", "TestSupport",
                hummingbird, hummingbirdTesting, httpTypes, lifecycle, logging, nioCore,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        tests("ContractsTests", ["Contracts", protobuf]),
        tests("SettingsTests", ["Settings"]),
        tests("TelemetryTests", ["Telemetry", logging, coreMetrics]),
        tests(
            "GatewayCoreTests",
            [
                "Accounts", "Analyses", "GatewayCore", "Contracts", "Drawing", "Kafka", "Mail", "Operations",
                "Passwords", "Postgres", "Reports", "ServiceSupport", "Settings", "Sharing", "Telemetry",
                "TestSupport", "Transfers",
                "Webhooks", hummingbird, hummingbirdTesting, httpTypes, logging, nioCore, nioHTTPTypes,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        tests(
            "EndToEnd",
            [
                "mien", "mien-gateway", "mien-worker", "Kafka", "Postgres", "TestSupport", httpClient, nioCore, logging,
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        tests(
            "WorkerCoreTests",
            [
                "WorkerCore", "Vision", "Imaging", "Kafka", "Contracts", "ServiceSupport", "Settings", "TestSupport",
                "mien-worker",
                httpClient, lifecycle, logging, protobuf, nioCore, nioHTTP1, nioPosix,
            ]),
        tests("KafkaTests", ["Kafka", "TestSupport", logging]),
    ],
    swiftLanguageModes: [.v6]
)
