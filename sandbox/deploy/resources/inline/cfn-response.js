// Sends the answer of a custom resource, as the module of this name does that AWS puts beside inline code.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho) {
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  console.log("Response body:\n", body);
  return new Promise((resolve) => {
    const done = () => {
      context.done();
      resolve();
    };
    const url = new URL(event.ResponseURL);
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const { request } = require(url.protocol === "https:" ? "https" : "http");
    const sending = request(url, { method: "PUT", headers }, (response) => {
      console.log("Status code:", response.statusCode);
      response.resume();
      done();
    });
    sending.on("error", (error) => {
      console.log("The answer could not be sent:", error);
      done();
    });
    sending.end(body);
  });
};
