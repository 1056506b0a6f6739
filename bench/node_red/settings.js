// As little as Node-RED can be: no editor, no log, contexts in memory.
module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.NODE_RED_PORT),
  httpAdminRoot: false,
  credentialSecret: false,
  telemetry: { enabled: false },
  diagnostics: { enabled: false },
  externalModules: { autoInstall: false },
  contextStorage: { default: { module: "memory" } },
  logging: { console: { level: "warn", metrics: false, audit: false } },
};
