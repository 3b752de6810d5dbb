// The AWS SDK for JavaScript, unmodified, against the system of `system/template.yaml`.
//
// Takes the stack's outputs as JSON in argv[2]; the address comes from AWS_ENDPOINT_URL. Prints what it was
// answered as one JSON document; the test asserts on that.
import { BatchWriteItemCommand, DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import {
  DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import {
  DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand, UpdateCommand,
} from "@aws-sdk/lib-dynamodb";

const outputs = JSON.parse(process.argv[2]);
const sqs = new SQSClient({});

/** The error that a call ends in, as a program sees it. */
async function refused(promise) {
  try {
    return { answered: await promise };
  } catch (error) {
    return { name: error.name, status: error.$metadata?.httpStatusCode, reasons: error.CancellationReasons };
  }
}

/** The next message of a queue, deleted. */
async function next(QueueUrl) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] }),
  );
  const [message] = Messages;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  return message;
}

async function queues() {
  const QueueUrl = outputs.FilaUrl;
  // The SDK checks the MD5 of what it sends and receives by itself.
  await sqs.send(new SendMessageCommand({
    QueueUrl, MessageBody: "olá, fila",
    MessageAttributes: { bytes: { DataType: "Binary", BinaryValue: Uint8Array.from([0, 255]) } },
  }));
  const message = await next(QueueUrl);
  const batch = await sqs.send(new SendMessageBatchCommand({
    QueueUrl, Entries: [{ Id: "boa", MessageBody: "1" }, { Id: "ruim", MessageBody: "\u0000" }],
  }));
  return {
    body: message.Body,
    bytes: [...message.MessageAttributes.bytes.BinaryValue],
    sent: batch.Successful.map((entry) => entry.Id),
    failed: batch.Failed.map((entry) => [entry.Id, entry.Code]),
    missing: await refused(sqs.send(new GetQueueUrlCommand({ QueueName: "nenhuma" }))),
  };
}

async function events() {
  const events = new EventBridgeClient({});
  const entry = { EventBusName: "node-barramento", DetailType: "Pedido", Detail: JSON.stringify({ total: 10 }) };
  const put = await events.send(new PutEventsCommand({
    Entries: [{ ...entry, Source: "outra" }, { ...entry, Source: "loja" }, { ...entry, Source: "loja", Detail: "{" }],
  }));
  const event = JSON.parse((await next(outputs.EventosUrl)).Body);
  return {
    failed: put.Entries.map((result) => result.ErrorCode ?? null),
    routed: event.id === put.Entries[1].EventId,
    detail: event.detail,
    pattern: await refused(events.send(new TestEventPatternCommand({ EventPattern: "{", Event: "{}" }))),
  };
}

async function topics() {
  const sns = new SNSClient({});
  const { MessageId } = await sns.send(new PublishCommand({
    TopicArn: outputs.TopicoArn, Message: "aviso", Subject: "assunto",
  }));
  const envelope = JSON.parse((await next(outputs.AvisosUrl)).Body);
  return { same: envelope.MessageId === MessageId, message: envelope.Message, subject: envelope.Subject };
}

async function functions() {
  const lambda = new LambdaClient({});
  const invoke = async (FunctionName, event, more) => {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }),
    );
    const text = answer.Payload?.transformToString();
    return {
      status: answer.StatusCode, error: answer.FunctionError, payload: text ? JSON.parse(text) : null,
      report: answer.LogResult && Buffer.from(answer.LogResult, "base64").toString().includes("REPORT RequestId"),
    };
  };
  return {
    good: await invoke("node-funcao", { numero: 21 }, { LogType: "Tail" }),
    bad: await invoke("node-funcao", { falhar: true }),
    later: await invoke("node-funcao", { numero: 1 }, { InvocationType: "Event" }),
    missing: await refused(invoke("nenhuma", {})),
  };
}

async function items() {
  const client = new DynamoDBClient({});
  const documents = DynamoDBDocumentClient.from(client);
  const TableName = "node-tabela";
  const Key = { cliente: "ana", pedido: 1 };
  await documents.send(new PutCommand({
    TableName,
    Item: { ...Key, itens: [{ sku: "x", precos: [1.5, 2] }], tags: new Set(["a", "b"]), foto: Uint8Array.from([7]) },
  }));
  const put = new PutCommand({ TableName, Item: Key, ConditionExpression: "attribute_not_exists(cliente)" });
  const update = await documents.send(new UpdateCommand({
    TableName, Key, UpdateExpression: "SET itens[0].sku = :sku ADD vezes :um",
    ExpressionAttributeValues: { ":sku": "y", ":um": 1 }, ReturnValues: "ALL_NEW",
  }));
  const cancelled = new TransactWriteCommand({
    TransactItems: [
      { Put: { TableName, Item: { cliente: "ana", pedido: 99 } } },
      { ConditionCheck: { TableName, Key, ConditionExpression: "vezes > :n", ExpressionAttributeValues: { ":n": 5 } } },
    ],
  });
  const answers = {
    updated: { ...update.Attributes, tags: [...update.Attributes.tags], foto: [...update.Attributes.foto] },
    conflict: await refused(documents.send(put)),
    cancelled: await refused(documents.send(cancelled)),
    missing: (await documents.send(new GetCommand({ TableName, Key: { cliente: "ana", pedido: 99 } }))).Item ?? null,
  };
  const requests = [2, 3, 4].map((pedido) => (
    { PutRequest: { Item: { cliente: { S: "ana" }, pedido: { N: `${pedido}` } } } }
  ));
  await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
  const pages = [];
  const query = {
    TableName, KeyConditionExpression: "cliente = :c", ExpressionAttributeValues: { ":c": { S: "ana" } },
  };
  for await (const page of paginateQuery({ client, pageSize: 3 }, query)) {
    pages.push(page.Items.map((item) => Number(item.pedido.N)));
  }
  return { ...answers, pages };
}

const answers = {
  queues: await queues(), events: await events(), topics: await topics(), functions: await functions(),
  items: await items(),
};
process.stdout.write(`${JSON.stringify(answers)}\n`);
