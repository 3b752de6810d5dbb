-- Schema of the stock service: products, reservations, its outbox, its record of processed messages.

CREATE SCHEMA estoque;

CREATE TABLE estoque.produtos (
    produto_id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    nome                text,
    quantidade          integer     NOT NULL CHECK (quantidade >= 0),
    -- What the product began with; stock plus reservations always equals it.
    quantidade_inicial  integer     NOT NULL CHECK (quantidade_inicial >= 0),
    criado_em           timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION estoque.definir_quantidade_inicial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.quantidade_inicial := coalesce(NEW.quantidade_inicial, NEW.quantidade);
    RETURN NEW;
END
$$;

CREATE TRIGGER produtos_quantidade_inicial BEFORE INSERT ON estoque.produtos
    FOR EACH ROW EXECUTE FUNCTION estoque.definir_quantidade_inicial();

CREATE TABLE estoque.reservas (
    reserva_id            uuid        NOT NULL,
    nota_fiscal_id        uuid        NOT NULL,
    produto_id            uuid        NOT NULL REFERENCES estoque.produtos,
    quantidade_reservada  integer     NOT NULL CHECK (quantidade_reservada > 0),
    criada_em             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reserva_id, produto_id),
    -- A second reservation of one invoice is impossible, whatever was delivered twice.
    UNIQUE (nota_fiscal_id, produto_id)
);

CREATE INDEX reservas_produto ON estoque.reservas (produto_id);

CREATE TABLE estoque.eventos_outbox (
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

CREATE INDEX eventos_outbox_pendentes ON estoque.eventos_outbox (sequencia) WHERE NOT publicado;
CREATE INDEX eventos_outbox_nota ON estoque.eventos_outbox (nota_fiscal_id);

CREATE TABLE estoque.mensagens_processadas (
    evento_id       uuid        PRIMARY KEY,
    tipo            text        NOT NULL,
    nota_fiscal_id  uuid        NOT NULL,
    aplicada        boolean     NOT NULL,
    processada_em   timestamptz NOT NULL DEFAULT now(),
    -- An invoice is created once, so stock answers it once, even under another event id.
    UNIQUE (nota_fiscal_id, tipo)
);
