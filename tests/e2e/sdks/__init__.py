"""The clients people use, each in a file of its own: a new one is a new file here (or in `node/sdks`) and one line below."""

from .anthropic_messages import AnthropicMessages
from .langchain_clients import LangChainAnthropic, LangChainOpenAi, LangChainResponses
from .litellm_clients import LiteLlmAnthropic, LiteLlmOpenAi
from .llm_clients import Llm, LlmResponses
from .node_clients import node_client
from .openai_chat import OpenAiChat
from .openai_responses import OpenAiResponses
from .task import Client, Place

CLIENTS: dict[str, type[Client]] = {
    "openai-python-chat": OpenAiChat,
    "openai-python-responses": OpenAiResponses,
    "anthropic-python": AnthropicMessages,
    "langchain-openai-chat": LangChainOpenAi,
    "langchain-openai-responses": LangChainResponses,
    "langchain-anthropic": LangChainAnthropic,
    "litellm-openai": LiteLlmOpenAi,
    "litellm-anthropic": LiteLlmAnthropic,
    "llm-chat": Llm,
    "llm-responses": LlmResponses,
    "openai-node-chat": node_client("openai-chat"),
    "openai-node-responses": node_client("openai-responses"),
    "anthropic-typescript": node_client("anthropic"),
    "vercel-openai-chat": node_client("vercel-openai-chat"),
    "vercel-openai-responses": node_client("vercel-openai-responses"),
    "vercel-anthropic": node_client("vercel-anthropic"),
}

__all__ = ["CLIENTS", "Client", "Place"]
