"""The clients people use. A new one is a new file here, or in `node/sdks`, and one line below."""

from collections.abc import Callable
from importlib import import_module

from .node_clients import node_client
from .task import Client, Place


def imported(place: str) -> Callable[[Place], Client]:
    """A client whose packages, which take seconds, are imported only once it is needed."""

    def make(gateway: Place) -> Client:
        module, _, name = place.partition(":")
        return getattr(import_module(f".{module}", __name__), name)(gateway)

    return make


CLIENTS: dict[str, Callable[[Place], Client]] = {
    "openai-python-chat": imported("openai_chat:OpenAiChat"),
    "openai-python-responses": imported("openai_responses:OpenAiResponses"),
    "anthropic-python": imported("anthropic_messages:AnthropicMessages"),
    "langchain-openai-chat": imported("langchain_clients:LangChainOpenAi"),
    "langchain-openai-responses": imported("langchain_clients:LangChainResponses"),
    "langchain-anthropic": imported("langchain_clients:LangChainAnthropic"),
    "litellm-openai": imported("litellm_clients:LiteLlmOpenAi"),
    "litellm-anthropic": imported("litellm_clients:LiteLlmAnthropic"),
    "llm-chat": imported("llm_clients:Llm"),
    "llm-responses": imported("llm_clients:LlmResponses"),
    "openai-node-chat": node_client("openai-chat"),
    "openai-node-responses": node_client("openai-responses"),
    "anthropic-typescript": node_client("anthropic"),
    "vercel-openai-chat": node_client("vercel-openai-chat"),
    "vercel-openai-responses": node_client("vercel-openai-responses"),
    "vercel-anthropic": node_client("vercel-anthropic"),
}

__all__ = ["CLIENTS", "Client", "Place"]
