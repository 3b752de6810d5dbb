-- Schema of the billing service: invoices, their lines, its outbox, its record of processed messages.

CREATE SCHEMA faturamento;

CREATE TABLE faturamento.notas_fiscais (
    nota_fiscal_id  uuid        PRIMARY KEY,
    status          text        NOT NULL DEFAULT 'PENDING'
                                CHECK (status IN ('PENDING', 'CONFIRMADA', 'ERRO_ESTOQUE')),
    reserva_id      uuid,
    criada_em       timestamptz NOT NULL DEFAULT now(),
    confirmada_em   timestamptz,
    erro_codigo     text,
    erro_mensagem   text,
    erro_timestamp  timestamptz,
    -- An invoice carries exactly the facts of the status it is in.
    CONSTRAINT notas_fiscais_status_coerente CHECK (
        (status = 'CONFIRMADA') = (confirmada_em IS NOT NULL)
        AND (status = 'CONFIRMADA') = (reserva_id IS NOT NULL)
        AND (status = 'ERRO_ESTOQUE') = (erro_mensagem IS NOT NULL)
        AND (status = 'ERRO_ESTOQUE') = (erro_timestamp IS NOT NULL)
    )
);

-- The list is paged by creation time; the id settles ties.
CREATE INDEX notas_fiscais_lista ON faturamento.notas_fiscais (criada_em DESC, nota_fiscal_id DESC);
CREATE INDEX notas_fiscais_lista_por_status
    ON faturamento.notas_fiscais (status, criada_em DESC, nota_fiscal_id DESC);

CREATE TABLE faturamento.notas_fiscais_itens (
    nota_fiscal_id  uuid    NOT NULL REFERENCES faturamento.notas_fiscais ON DELETE CASCADE,
    linha           integer NOT NULL CHECK (linha > 0),
    -- No foreign key: products belong to the stock service.
    produto_id      uuid    NOT NULL,
    quantidade      integer NOT NULL CHECK (quantidade > 0),
    PRIMARY KEY (nota_fiscal_id, linha)
);

CREATE TABLE faturamento.chaves_idempotencia (
    chave           text        PRIMARY KEY CHECK (length(chave) BETWEEN 1 AND 255),
    impressao       text        NOT NULL,
    -- Checked at commit: the key is claimed before its invoice is written.
    nota_fiscal_id  uuid        NOT NULL REFERENCES faturamento.notas_fiscais
                                ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    criada_em       timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX chaves_idempotencia_nota ON faturamento.chaves_idempotencia (nota_fiscal_id);

CREATE TABLE faturamento.eventos_outbox (
    evento_id            uuid        PRIMARY KEY,
    sequencia            bigint      GENERATED ALWAYS AS IDENTITY,
    nota_fiscal_id       uuid        NOT NULL,
    tipo                 text        NOT NULL,
    payload              jsonb       NOT NULL,
    publicado            boolean     NOT NULL DEFAULT false,
    publicado_em         timestamptz,
    eventbridge_id       text,
    tentativas           integer     NOT NULL DEFAULT 0,
    ultima_tentativa_em  timestamptz,
    ultimo_erro          text,
    criado_em            timestamptz NOT NULL DEFAULT now(),
    CHECK (publicado = (publicado_em IS NOT NULL))
);

CREATE INDEX eventos_outbox_pendentes ON faturamento.eventos_outbox (sequencia) WHERE NOT publicado;
CREATE INDEX eventos_outbox_nota ON faturamento.eventos_outbox (nota_fiscal_id);

CREATE TABLE faturamento.mensagens_processadas (
    evento_id       uuid        PRIMARY KEY,
    tipo            text        NOT NULL,
    nota_fiscal_id  uuid        NOT NULL,
    aplicada        boolean     NOT NULL,
    processada_em   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX mensagens_processadas_nota ON faturamento.mensagens_processadas (nota_fiscal_id);
