// The runtime of Node functions: takes invocations from the Lambda Runtime API and runs the handler.
//
// Follows "AWS Lambda function handler in Node.js", "Lambda runtime API" and the answers of AWS's own runtime.
// Started by sandbox with the variables of an execution environment; of sandbox it knows those, and where
// custom resources are answered.

import fs from "node:fs";
import http from "node:http";
import { createRequire, syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import util from "node:util";

const [HOST, PORT] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const ROOT = process.env.LAMBDA_TASK_ROOT;
const BASE = "/2018-06-01/runtime";
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const TYPE_HEADER = "Lambda-Runtime-Function-Error-Type";

let requestId = "";

// --- the log: each call of console is one framed record, however many lines it has ---------------------------
const FRAME_TEXT = 0xa55a0003;
const LEVELS = { log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", debug: "DEBUG", trace: "TRACE" };

function writeRecord(text) {
  const body = Buffer.from(`${text}\n`);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(FRAME_TEXT, 0);
  head.writeUInt32BE(body.length, 4);
  head.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  let rest = Buffer.concat([head, body]);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // the pipe is full: its reader is on its way
    }
  }
}

const JSON_LOG = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const ORDER = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const LEAST = JSON_LOG ? Math.max(0, ORDER.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL)) : 0;

function record(level, text, message = text) {
  const timestamp = new Date().toISOString();
  if (!JSON_LOG) {
    writeRecord(`${timestamp}\t${requestId || "undefined"}\t${level}\t${text}`);
  } else if (ORDER.indexOf(level) >= LEAST) {
    writeRecord(JSON.stringify({ timestamp, level, requestId: requestId || undefined, message }));
  }
}

for (const [name, level] of Object.entries(LEVELS)) {
  console[name] = (...values) => {
    if (JSON_LOG && values.length === 1 && typeof values[0] === "object" && !isError(values[0])) {
      record(level, "", values[0]); // an object stays one
      return;
    }
    const text = util.format(...values);
    record(level, name === "trace" ? new Error(text).stack.replace("Error", "Trace") : text);
  };
}

// --- errors ---------------------------------------------------------------------------------------------------
class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function describe(error) {
  if (!isError(error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack || "").split("\n"),
  };
}

function logged(error) {
  const { errorType, errorMessage, trace } = describe(error);
  const own = isError(error) ? { ...error } : {};
  return JSON.stringify({ errorType, errorMessage, ...own, stack: trace });
}

// --- the Runtime API --------------------------------------------------------------------------------------------
function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const data = body === undefined ? undefined : Buffer.from(body);
    const sent = data ? { ...headers, "Content-Type": "application/json", "Content-Length": data.length } : headers;
    const options = { host: HOST, port: PORT, method, path: BASE + where, agent, headers: sent };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(data);
  });
}

function postError(where, error) {
  const document = describe(error);
  return call("POST", where, JSON.stringify(document), { [TYPE_HEADER]: document.errorType });
}

// --- loading the function ---------------------------------------------------------------------------------------
function moduleFile(stem) {
  for (const end of ["", ".js", ".mjs", ".cjs"]) {
    const file = stem + end;
    if (fs.existsSync(file) && fs.statSync(file).isFile()) return file;
  }
  return undefined;
}

function isModule(file) {
  if (file.endsWith(".mjs")) return true;
  if (!file.endsWith(".js")) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, "utf8")).type === "module";
    if (folder === ROOT || folder === path.dirname(folder)) return false;
  }
}

async function loadModule(name) {
  const file = moduleFile(path.resolve(ROOT, name));
  if (file !== undefined && isModule(file)) return import(pathToFileURL(file));
  return createRequire(path.join(ROOT, "index.js"))(file ?? name);
}

async function loadHandler(wanted) {
  const base = path.basename(wanted);
  const folder = wanted.slice(0, wanted.length - base.length);
  const found = /^([^.]*)\.(.*)$/.exec(base);
  if (!found) throw new RuntimeError("Runtime.MalformedHandlerName", "Bad handler");
  let handler;
  try {
    handler = await loadModule(path.join(folder, found[1]));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) {
      throw new RuntimeError("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    throw error;
  }
  for (const name of found[2].split(".")) handler = handler?.[name] ?? handler?.default?.[name];
  if (!handler) throw new RuntimeError("Runtime.HandlerNotFound", `${wanted} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("Runtime.HandlerNotFound", `${wanted} is not a function`);
  return handler;
}

// --- answers of custom resources ------------------------------------------------------------------------------
// Providers answer by HTTPS at port 443, whatever the URL says; here the front door takes it, without TLS.
const ANSWERS = "/_sandbox/custom-resources/";
let diverted = false;

async function divertAnswers() {
  if (diverted || !process.env.AWS_ENDPOINT_URL) return;
  diverted = true;
  const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL);
  const { default: https } = await import("node:https"); // not before: it takes milliseconds
  const secure = https.request;
  https.request = (...args) => {
    const url = args[0] instanceof URL || typeof args[0] === "string" ? new URL(args[0]) : undefined;
    const { agent: _, protocol: __, ...options } = (url ? args[1] : args[0]) ?? {};
    const where = String(options.path ?? url?.pathname ?? "");
    if (!where.startsWith(ANSWERS)) return secure(...args);
    return http.request({ ...options, host: hostname, hostname, port, path: where }, args.find(isFunction));
  };
  syncBuiltinESMExports();
}

function isFunction(value) {
  return typeof value === "function";
}

// --- running it -------------------------------------------------------------------------------------------------
function parse(text) {
  return text ? JSON.parse(text) : undefined;
}

// What one invocation waits for: the first of a result, an error, or an event loop with nothing left in it.
function makeContext(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parse(headers["lambda-runtime-client-context"]),
    identity: parse(headers["lambda-runtime-cognito-identity"]),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    let pending;
    const settle = (error, value) => {
      process.off("beforeExit", settleEmpty);
      if (error) reject(error);
      else resolve(value);
    };
    const settleEmpty = () => settle(pending?.error, pending?.value);
    const callback = (error, value) => {
      if (pending) return;
      pending = { error, value };
      if (error || !context.callbackWaitsForEmptyEventLoop) settleEmpty();
    };
    context.done = callback;
    context.succeed = (value) => callback(null, value);
    context.fail = (error) => callback(error ?? new Error("handled"));
    process.on("beforeExit", settleEmpty);
    const answer = handler(event, context, callback);
    if (typeof answer?.then === "function") answer.then((value) => settle(null, value), (error) => settle(error ?? new Error()));
  });
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await call("GET", "/invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
    const where = `/invocation/${requestId}`;
    const text = body.toString();
    if (text.includes(ANSWERS)) await divertAnswers();
    try {
      const value = await run(handler, JSON.parse(text), makeContext(headers));
      await call("POST", `${where}/response`, JSON.stringify(value ?? null));
    } catch (error) {
      record("ERROR", `Invoke Error \t${logged(error)}`);
      await postError(`${where}/error`, error);
    }
  }
}

async function die(kind, title, error, status) {
  const fatal = new RuntimeError(kind, isError(error) ? `${error.name}: ${error.message}` : String(error));
  if (isError(error)) fatal.stack = `${kind}: ${fatal.message}\n${(error.stack || "").split("\n").slice(1).join("\n")}`;
  record("ERROR", `${title} \t${logged(fatal)}`);
  await postError(requestId ? `/invocation/${requestId}/error` : "/init/error", fatal);
  process.exit(status);
}

process.on("unhandledRejection", (reason) => {
  die("Runtime.UnhandledPromiseRejection", "Unhandled Promise Rejection", reason, 128);
});
process.on("uncaughtException", (error) => {
  die(isError(error) ? error.name : "Runtime.UncaughtException", "Uncaught Exception", error, 129);
});

globalThis.awslambda = {
  streamifyResponse: () => {
    throw new RuntimeError("Runtime.NotImplemented", "sandbox does not implement response streaming");
  },
};

let handler;
try {
  handler = await loadHandler(process.env._HANDLER);
} catch (error) {
  record("ERROR", `Uncaught Exception \t${logged(error)}`);
  await postError("/init/error", error);
  process.exit(1);
}
await serve(handler);
